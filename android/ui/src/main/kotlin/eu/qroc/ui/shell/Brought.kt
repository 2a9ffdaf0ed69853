package eu.qroc.ui.shell

import java.nio.file.Path

/** What another app shares; it goes to the room that the officer chooses. */
data class Brought(
    val text: String? = null,
    val files: List<Path> = emptyList(),
)
