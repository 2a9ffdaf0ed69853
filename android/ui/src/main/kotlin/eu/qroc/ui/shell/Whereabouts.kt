package eu.qroc.ui.shell

/**
 * Where an officer was and what was being written, for a process that is started anew. Written and read as plain text; the
 * platform seals it.
 */
data class Whereabouts(
    /** The room that was open. */
    val roomId: String? = null,
    /** The message that stood first there; nothing at the newest. */
    val eventId: String? = null,
    /** What was typed and not sent, by room. */
    val drafts: Map<String, String> = emptyMap(),
) {
    /** In lines: each a key and a value, so written that a value is one line. */
    fun write(): String =
        buildList {
            roomId?.let { add("room" to it) }
            eventId?.let { add("event" to it) }
            drafts.forEach { (room, text) -> add("draft $room" to text) }
        }.joinToString("\n") { (key, value) -> "$key\t${value.replace("\\", "\\\\").replace("\n", "\\n")}" }

    companion object {
        /** Reads what [write] wrote; what cannot be read is left out. */
        fun read(text: String): Whereabouts {
            val lines = text.lineSequence().filter { '\t' in it }.associate { it.substringBefore('\t') to plain(it.substringAfter('\t')) }
            return Whereabouts(
                lines["room"],
                lines["event"],
                lines.filterKeys { it.startsWith(DRAFT) }.mapKeys { it.key.removePrefix(DRAFT) },
            )
        }

        private fun plain(value: String): String =
            ESCAPED.replace(value) { if (it.value == "\\n") "\n" else "\\" }

        private const val DRAFT = "draft "
        private val ESCAPED = Regex("""\\[\\n]""")
    }
}
