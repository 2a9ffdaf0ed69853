package eu.qroc.platform

import android.content.pm.PackageManager
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

/** What aapt2 does not look at. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TestApp::class)
internal class ManifestTest {
    private val app = RuntimeEnvironment.getApplication()
    private val info =
        app.packageManager.getPackageInfo(
            app.packageName,
            PackageManager.GET_SERVICES or PackageManager.GET_RECEIVERS or PackageManager.GET_PROVIDERS or PackageManager.GET_PERMISSIONS,
        )

    @Test
    fun `every component exists and none is exported`() {
        val components = info.services.orEmpty().toList() + info.receivers.orEmpty() + info.providers.orEmpty()
        assertEquals(4, components.size)
        for (component in components) {
            assertFalse(component.name, component.exported)
            Class.forName(component.name)
        }
    }

    @Test
    fun `every permission is one that Android has`() {
        val known = android.Manifest.permission::class.java.fields.filter { java.lang.reflect.Modifier.isStatic(it.modifiers) }.mapNotNull { it.get(null) as? String }.toSet()
        val asked = info.requestedPermissions.orEmpty().toSet()
        assertTrue(asked.size >= 9)
        assertEquals(emptySet<String>(), asked - known)
    }

    @Test
    fun `no language lacks a text, and none has other arguments`() {
        val res = File("src/main/res")
        val english = texts(File(res, "values/strings.xml"))
        assertTrue(english.size > 15)
        for (language in listOf("de", "fr", "el")) {
            val other = texts(File(res, "values-$language/strings.xml"))
            assertEquals(language, english.keys, other.keys)
            for ((name, text) in english) assertEquals("$language $name", arguments(text), arguments(other.getValue(name)))
        }
    }

    private fun arguments(text: String) = Regex("%\\d\\$[sd]").findAll(text).map { it.value }.toSortedSet()

    private fun texts(file: File): Map<String, String> {
        val root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file).documentElement
        val nodes = (0 until root.childNodes.length).map { root.childNodes.item(it) }.filter { it.nodeName == "string" || it.nodeName == "plurals" }
        return nodes.associate { it.attributes.getNamedItem("name").nodeValue to it.textContent }
    }
}
