package eu.qroc.desktop

import java.nio.file.Path

/** Where things are on this computer, by the convention of its system. */
object Places {
    private val home = Path.of(System.getProperty("user.home"))
    private val system = System.getProperty("os.name").lowercase()

    /** The profile of this user: the one that `qroc` uses without `--profile`. */
    fun profile(): Path =
        when {
            "mac" in system -> home.resolve("Library/Application Support/eu.qroc")
            "win" in system ->
                Path.of(System.getenv("LOCALAPPDATA") ?: home.resolve("AppData/Local").toString(), "qroc", "data")
            else -> (absolute("XDG_DATA_HOME") ?: home.resolve(".local/share")).resolve("qroc")
        }

    /** Settings of the looks; nothing secret. */
    fun settings(): Path =
        when {
            "mac" in system -> home.resolve("Library/Preferences/eu.qroc.properties")
            "win" in system -> profile().resolveSibling("desktop.properties")
            else -> (absolute("XDG_CONFIG_HOME") ?: home.resolve(".config")).resolve("qroc/desktop.properties")
        }

    private fun absolute(variable: String): Path? =
        System.getenv(variable)?.takeIf { it.isNotEmpty() }?.let { Path.of(it) }?.takeIf { it.isAbsolute }
}
