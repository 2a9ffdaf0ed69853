package eu.qroc.ui.core

import eu.qroc.bridge.Client
import eu.qroc.ui.StringsEn
import eu.qroc.ui.shell.localName
import eu.qroc.ui.shell.reason
import eu.qroc.ui.shell.userId
import eu.qroc.ui.stringsByLanguage
import eu.qroc.ui.timeline.safe
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue

class ErrorTextsTest {
    @Test
    fun `every error of the core has words in every language`() {
        Client.init()
        val keys = Client.errorTextKeys()
        assertTrue(keys.size > 40)
        val missing = stringsByLanguage.flatMap { (language, strings) -> keys.filter { strings.error(it) == null }.map { "$language $it" } }
        assertEquals(emptyList(), missing)
    }

    @Test
    fun `every reason of the queue has words of its own, in every language`() {
        val reasons =
            listOf(
                "network", "bad_server", "unanswered", "rate_limited", "signed_out", "locked", "expired", "suspended",
                "forbidden", "left_room", "too_large", "room_gone", "not_encrypted", "bad_file", "not_found", "needs",
                "identity_changed",
            )
        for ((language, strings) in stringsByLanguage) {
            reasons.forEach { assertTrue(strings.reason(it) != strings.errorInternal, "$language $it") }
        }
        assertEquals(StringsEn.errorInternal, StringsEn.reason("of_tomorrow"))
    }

    @Test
    fun `a person is named as people do`() {
        assertEquals("@madrid:qroc.test", userId(" madrid ", "@lisbon:qroc.test"))
        assertEquals("@madrid:other.example:8448", userId("@madrid:other.example:8448", "@lisbon:qroc.test"))
        for (wrong in listOf("", "a b", "madrid@qroc.test", "madrid:qroc.test", "@:qroc.test", "@Madrid:x y")) {
            assertNull(userId(wrong, "@lisbon:qroc.test"), wrong)
        }
        assertEquals("lisbon", localName("@lisbon:qroc.test"))
    }

    @Test
    fun `a name that another device chose cannot leave the folder`() {
        assertEquals("passwd", safe("../../etc/passwd"))
        assertEquals("evil.exe", safe("C:\\temp\\evil.exe"))
        assertEquals("gnp.exe", safe("\u202Egnp.exe"))
        assertEquals("file", safe("..."))
        assertEquals("bashrc", safe(".bashrc"))
        assertEquals(120, safe("x".repeat(500)).length)
    }
}
