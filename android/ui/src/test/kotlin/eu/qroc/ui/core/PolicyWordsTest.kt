package eu.qroc.ui.core

import eu.qroc.bridge.PolicyLine
import eu.qroc.bridge.PolicyState
import eu.qroc.bridge.PolicyValue
import eu.qroc.ui.StringsDe
import eu.qroc.ui.StringsEl
import eu.qroc.ui.StringsEn
import eu.qroc.ui.StringsQps
import eu.qroc.ui.policy.PolicyWords
import eu.qroc.ui.policy.groups
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** What the organisation has set, in the words of the core's own list. */
class PolicyWordsTest {
    private fun line(
        key: String,
        value: PolicyValue?,
        source: String,
        state: PolicyState = PolicyState.APPLIED,
    ) = PolicyLine(key, value, source, locked = true, state, reason = null)

    @Test
    fun `rules that somebody has set are told in the officer's language, others are not told`() {
        val lines =
            listOf(
                line("lock.required", PolicyValue.Flag(true), "mdm:intune"),
                line("lock.kind", PolicyValue.Text("pin"), "bundle+user"),
                line("location.mode", PolicyValue.Text("forced"), "default", PolicyState.BUILT_IN),
            )
        val german = groups(lines, PolicyWords.of(StringsDe)).single()
        assertEquals(listOf(StringsDe.policyYes, "PIN"), german.rules.map { it.value })
        assertEquals(StringsDe.policyByDevice, german.rules[0].source)
        assertEquals("${StringsDe.policyByBundle}, ${StringsDe.policyByYou}", german.rules[1].source)
        val english = groups(lines, PolicyWords.of(StringsEn)).single()
        assertEquals("Application lock", english.title)
        assertEquals("Lock required", english.rules[0].title)
        assertTrue(english.rules[0].description != german.rules[0].description && german.rules[0].description.length > 20)
    }

    @Test
    fun `values are words, and what is not known stands for itself`() {
        val words = PolicyWords.of(StringsEl)
        assertEquals(StringsEl.policyUnset, words.value(null))
        assertEquals("12", words.value(PolicyValue.Number(12)))
        assertEquals(StringsEl.policyNone, words.value(PolicyValue.Items(emptyList())))
        assertEquals("a, b", words.value(PolicyValue.Items(listOf("a", "b"))))
        assertEquals("key.of_tomorrow", words.title("key.of_tomorrow"))
        assertEquals(PolicyWords.of(StringsEn).title("lock.kind"), PolicyWords.of(StringsQps).title("lock.kind"))
    }
}
