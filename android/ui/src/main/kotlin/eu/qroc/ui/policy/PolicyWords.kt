package eu.qroc.ui.policy

import eu.qroc.bridge.PolicyValue
import eu.qroc.ui.Strings

/** The words of the policy's keys, from the core's own list: one place for all programs. */
internal class PolicyWords private constructor(
    private val lines: Map<String, String>,
    private val strings: Strings,
) {
    /** What a key is called. */
    fun title(key: String): String = lines[key]?.substringBefore(" | ") ?: key

    /** What a key does. */
    fun description(key: String): String = lines[key]?.substringAfter(" | ", "").orEmpty()

    /** What the rules with this beginning are about. */
    fun category(name: String): String = lines["category $name"] ?: name

    /** A value for people. */
    fun value(value: PolicyValue?): String =
        when (value) {
            null -> strings.policyUnset
            is PolicyValue.Flag -> if (value.flag) strings.policyYes else strings.policyNo
            is PolicyValue.Number -> value.number.toString()
            is PolicyValue.Text -> lines["choice ${value.text}"] ?: value.text
            is PolicyValue.Items ->
                if (value.items.isEmpty()) strings.policyNone else value.items.joinToString { lines["choice $it"] ?: it }
        }

    /** Who says so. */
    fun source(word: String): String =
        word.split('+').joinToString { part ->
            when (part.substringBefore(':')) {
                "mdm" -> strings.policyByDevice
                "bundle" -> strings.policyByBundle
                "user" -> strings.policyByYou
                else -> strings.policyByDefault
            }
        }

    companion object {
        /** Reads the list of a language; the pseudo-language has none of its own. */
        fun of(strings: Strings): PolicyWords {
            val language = if (strings.language in OWN) strings.language else "en"
            val file = PolicyWords::class.java.getResourceAsStream("/eu/qroc/policy/$language.txt")
            val lines =
                file?.bufferedReader()?.useLines { all ->
                    all.filter { !it.startsWith("#") && " = " in it }
                        .associate { it.substringBefore(" = ") to it.substringAfter(" = ") }
                }
            return PolicyWords(lines.orEmpty(), strings)
        }

        private val OWN = setOf("en", "de", "fr", "el")
    }
}
