package eu.qroc.bench;

import com.sun.jna.Native;
import eu.qroc.bridge.Client;
import eu.qroc.bridge.LiveObjects;
import eu.qroc.bridge.generated.QrocKt;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a call into the core costs from the JVM, beside a call of JNA into the C library. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Calls {
    /** Bound directly, as the bridge binds the core. */
    static final class C {
        static {
            Native.register("c");
        }

        private C() {}

        static native int abs(int number);
    }

    private int number;

    @Setup
    public void load() {
        QrocKt.libraryVersion();
    }

    /** The floor: a number there and back. */
    @Benchmark
    public int jnaAlone() {
        return C.abs(--number);
    }

    /** A text of 22 bytes back. */
    @Benchmark
    public String text() {
        return QrocKt.libraryVersion();
    }

    /** A record of numbers back. */
    @Benchmark
    public LiveObjects record() {
        return Client.Companion.liveObjects();
    }

    /** A list of some dozens of texts back. */
    @Benchmark
    public List<String> list() {
        return Client.Companion.errorTextKeys();
    }
}
