package eu.qroc.bridge

import com.sun.jna.NativeLibrary
import eu.qroc.bridge.generated.BINDINGS_VERSION
import eu.qroc.bridge.generated.uniffiEnsureInitialized

/** The library is missing, or not the one that the bindings were made from. */
public class LibraryException internal constructor(
    message: String,
    cause: Throwable? = null,
) : RuntimeException(message, cause)

/** Loads the Rust library once, and makes sure that it is the one that the bindings were made from. */
internal object Library {
    private const val NAME = "qroc_ffi"
    private const val MARK = "qroc-library:"

    /** Version and fingerprint, as in `0.1.0+0123456789abcdef`. */
    val version: String by lazy { load(System.getProperty("uniffi.component.qroc.libraryOverride") ?: NAME) }

    fun load(name: String): String {
        val library =
            try {
                NativeLibrary.getInstance(name)
            } catch (error: UnsatisfiedLinkError) {
                throw LibraryException("the library $name, made with bindings $BINDINGS_VERSION, cannot be loaded", error)
            }
        val found =
            try {
                library.getFunction("qroc_library_version").invokeString(emptyArray(), false).removePrefix(MARK)
            } catch (error: UnsatisfiedLinkError) {
                throw LibraryException("$name is not a library of QROC; bindings are $BINDINGS_VERSION", error)
            }
        check(found, BINDINGS_VERSION)
        uniffiEnsureInitialized()
        return found
    }

    fun check(
        library: String,
        bindings: String,
    ) {
        if (library != bindings) {
            throw LibraryException("the library is $library, its bindings are $bindings: build both from one source")
        }
    }
}
