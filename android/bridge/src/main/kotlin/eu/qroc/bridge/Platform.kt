package eu.qroc.bridge

import java.time.Instant
import eu.qroc.bridge.generated.LogLevel as GeneratedLogLevel
import eu.qroc.bridge.generated.LogRecord as GeneratedLogRecord
import eu.qroc.bridge.generated.LogSink as GeneratedLogSink
import eu.qroc.bridge.generated.Platform as GeneratedPlatform

/** How loud a line of the log is. */
public enum class LogLevel {
    /** A fault of this program. */
    ERROR,

    /** Something that went wrong and was dealt with. */
    WARN,

    /** What happens, seldom. */
    INFO,

    /** What happens, in detail. */
    DEBUG,
}

/**
 * One line of the log. Holds no names, ids, texts or keys.
 *
 * @property time when.
 * @property level how loud.
 * @property target which part of the core.
 * @property line what, with its fields as `name=value`.
 */
public data class LogRecord(
    public val time: Instant,
    public val level: LogLevel,
    public val target: String,
    public val line: String,
)

/**
 * Takes the log, on a thread of its own: it may be slow, throw, or call the core. Lines that come while it is busy wait,
 * up to a thousand; more are dropped and counted.
 */
public fun interface LogSink {
    /** Takes one line. */
    public fun log(record: LogRecord)
}

/**
 * What the platform gives.
 *
 * @property authorities certificates (PEM) that are trusted besides the system's: an organisation's own.
 * @property logSink takes the log; without it nothing is logged.
 * @property logLevel nothing less loud is logged.
 * @property imageDecoder reads pictures that the core cannot read; without it they are refused.
 * @property managed what the device's management says; what changes later goes to [Client.takeManaged].
 */
public class Platform(
    public val authorities: List<String> = emptyList(),
    public val logSink: LogSink? = null,
    public val logLevel: LogLevel = LogLevel.INFO,
    public val managed: List<ManagedConfig> = emptyList(),
    public val imageDecoder: ImageDecoder? = null,
)

internal fun Platform.toGenerated(): GeneratedPlatform =
    GeneratedPlatform(
        authorities = authorities,
        managed = managed.map { it.toGenerated() },
        imageDecoder = imageDecoder?.let(::BridgedImageDecoder),
        logSink = logSink?.let(::BridgedLogSink),
        logLevel =
            when (logLevel) {
                LogLevel.ERROR -> GeneratedLogLevel.ERROR
                LogLevel.WARN -> GeneratedLogLevel.WARN
                LogLevel.INFO -> GeneratedLogLevel.INFO
                LogLevel.DEBUG -> GeneratedLogLevel.DEBUG
            },
    )

private class BridgedLogSink(
    private val sink: LogSink,
) : GeneratedLogSink {
    override fun log(record: GeneratedLogRecord) {
        val level =
            when (record.level) {
                GeneratedLogLevel.ERROR -> LogLevel.ERROR
                GeneratedLogLevel.WARN -> LogLevel.WARN
                GeneratedLogLevel.INFO -> LogLevel.INFO
                GeneratedLogLevel.DEBUG -> LogLevel.DEBUG
            }
        sink.log(LogRecord(record.time, level, record.target, record.line))
    }
}
