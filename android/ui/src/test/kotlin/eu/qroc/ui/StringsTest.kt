package eu.qroc.ui

import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class StringsTest {
    private fun names(folder: String): Map<String, String> {
        val file = File("src/main/res/$folder/strings.xml")
        val root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file).documentElement
        return (0 until root.childNodes.length)
            .map { root.childNodes.item(it) }
            .filterIsInstance<org.w3c.dom.Element>()
            .associate { it.getAttribute("name") to it.textContent.trim() }
    }

    @Test
    fun `all languages have all texts, and none is left in English`() {
        val english = names("values")
        assertTrue(english.size >= 250, "only ${english.size} texts")
        // Words that are the same in both, or no words at all.
        val same = setOf("app_name", "bytes", "kilobytes", "megabytes", "gigabytes", "metres", "kilometres", "km_per_hour", "sent_at", "offline", "position") +
            names("values").keys.filter { it.startsWith("direction_") } +
            listOf("lion", "panda", "cactus", "globe", "pizza", "robot", "hammer", "train", "ball").map { "emoji_$it" }
        for (folder in listOf("values-de", "values-fr", "values-el")) {
            val other = names(folder)
            assertEquals(english.keys, other.keys, folder)
            assertTrue(other.values.none { it.isBlank() }, folder)
            val left = other.filter { (name, text) -> text == english[name] && name !in same }.keys
            // Such as “Server”, “Version” and “Message”.
            assertTrue(left.size <= 14, "$folder: $left")
        }
    }

    @Test
    fun `the pseudo-language is 40 percent longer`() {
        val plain = StringsEn.wipeText
        assertTrue(StringsQps.wipeText.length >= plain.length * 1.4, StringsQps.wipeText)
    }

    @Test
    fun `numbers decide the form as each language wants it`() {
        assertEquals("1 message was not sent yet and is lost.", StringsEn.waitingIsLost(1))
        assertEquals("2 Mitglieder", StringsDe.memberCount(2))
        assertEquals("0 membre", StringsFr.memberCount(0))
        assertEquals("0 μέλη", StringsEl.memberCount(0))
    }

    @Test
    fun `an error is named by the core's key`() {
        assertEquals(StringsDe.errorDiskFull, StringsDe.error("error_disk_full"))
        assertEquals(null, StringsDe.error("error_of_tomorrow"))
    }

    @Test
    fun `a sign that two people compare is named by the core's key, in every language`() {
        assertEquals("Glühbirne", StringsDe.emoji("emoji_light_bulb"))
        assertEquals(null, StringsDe.emoji("emoji_of_tomorrow"))
        val all = names("values").keys.filter { it.startsWith("emoji_") }
        assertEquals(64, all.size)
        for ((language, strings) in stringsByLanguage) {
            assertEquals(64, all.mapNotNull(strings::emoji).toSet().size, "two signs have one word in $language")
        }
    }

    @Test
    fun `the sources of screens hold no words`() {
        val literal = Regex("Text\\(\\s*\"[^\"$]*\\p{L}[^\"]*\"|contentDescription = \"[^$]")
        val files = File("src/main/kotlin").walk().filter { it.extension == "kt" }.toList()
        assertTrue(files.size > 30)
        assertEquals(emptyList(), files.filter { literal.containsMatchIn(it.readText()) }.map { it.path })
    }
}
