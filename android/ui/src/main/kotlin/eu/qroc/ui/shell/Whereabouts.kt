package eu.qroc.ui.shell

/** Where an officer was, for a process that is started anew. Written and read as plain text; the platform seals it. */
data class Whereabouts(
    /** The room that was open. */
    val roomId: String? = null,
    /** The message that stood first there; nothing at the newest. */
    val eventId: String? = null,
) {
    /** In lines: the room, then the message. */
    fun write(): String = listOfNotNull(roomId, eventId).joinToString("\n")

    companion object {
        /** Reads what [write] wrote; what cannot be read is left out. */
        fun read(text: String): Whereabouts {
            val lines = text.lines()
            return Whereabouts(lines.firstOrNull { it.startsWith("!") }, lines.firstOrNull { it.startsWith("$") })
        }
    }
}
