package eu.qroc.app

import android.content.RestrictionsManager
import android.content.pm.ApplicationInfo
import android.content.pm.PackageManager
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.w3c.dom.Element
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

/** The manifest and the resources as they are linked, and what aapt2 does not look at. */
@RunWith(RobolectricTestRunner::class)
@Config(application = android.app.Application::class)
internal class ManifestTest {
    private val app = RuntimeEnvironment.getApplication()
    private val info =
        app.packageManager.getPackageInfo(
            app.packageName,
            PackageManager.GET_ACTIVITIES or PackageManager.GET_SERVICES or PackageManager.GET_RECEIVERS or PackageManager.GET_PROVIDERS or
                PackageManager.GET_PERMISSIONS,
        )

    @Test
    fun `only the activity is exported, and every class exists`() {
        val components = info.activities.orEmpty().toList() + info.services.orEmpty() + info.receivers.orEmpty() + info.providers.orEmpty()
        assertEquals(listOf("eu.qroc.app.MainActivity"), components.filter { it.exported }.map { it.name })
        assertEquals(5, components.size)
        (components.map { it.name } + info.applicationInfo!!.className).forEach { Class.forName(it) }
    }

    @Test
    fun `nothing is asked for that it does not need`() {
        assertEquals(
            sortedSetOf(
                "ACCESS_COARSE_LOCATION", "ACCESS_FINE_LOCATION", "ACCESS_NETWORK_STATE", "FOREGROUND_SERVICE",
                "FOREGROUND_SERVICE_LOCATION", "INTERNET", "POST_NOTIFICATIONS", "RECEIVE_BOOT_COMPLETED", "USE_BIOMETRIC",
            ),
            info.requestedPermissions.orEmpty().map { it.removePrefix("android.permission.") }.toSortedSet(),
        )
    }

    @Test
    fun `no backup and no clear text`() {
        val flags = info.applicationInfo!!.flags
        assertEquals(0, flags and ApplicationInfo.FLAG_ALLOW_BACKUP)
        assertEquals(0, flags and ApplicationInfo.FLAG_USES_CLEARTEXT_TRAFFIC)
        assertEquals(0, flags and ApplicationInfo.FLAG_DEBUGGABLE)
        val network = xml("src/main/res/xml/network_security_config.xml")
        assertEquals("false", (network.getElementsByTagName("base-config").item(0) as Element).getAttribute("cleartextTrafficPermitted"))
        assertEquals(0, network.getElementsByTagName("domain-config").length)
        val sources = elements(network, "certificates").map { it.getAttribute("src") }
        assertEquals(listOf("system"), sources)
        for (name in listOf("backup_rules", "data_extraction_rules")) {
            val rules = xml("src/main/res/xml/$name.xml")
            assertEquals(0, rules.getElementsByTagName("include").length)
            assertTrue(elements(rules, "exclude").map { it.getAttribute("domain") }.containsAll(listOf("root", "file", "database", "sharedpref", "external")))
        }
    }

    @Test
    fun `administrators find every key of the policy, in their language`() {
        val entries = app.getSystemService(RestrictionsManager::class.java)!!.getManifestRestrictions(app.packageName)
        val source = elements(xml("../../docs/policy/android/xml/app_restrictions.xml"), "restriction").map { it.getAttribute("android:key") }
        assertTrue(source.size > 80)
        assertEquals(source, entries.map { it.key })
        assertEquals("Homeserver", entries.first().title)
    }

    @Test
    fun `no language lacks a text`() {
        val english = names("src/main/res/values/strings.xml") - "app_name"
        assertEquals(3, english.size)
        for (language in listOf("de", "fr", "el")) assertEquals(english, names("src/main/res/values-$language/strings.xml"))
    }

    /** What is only checked against stand-ins here: Google's own parts of Compose. README says so. */
    @Test
    fun `the stand-ins are few and known`() {
        val declared =
            File("src/stubs").walk().filter { it.extension == "kt" }.flatMap { file ->
                Regex("(?m)^(?:open class|fun) ([A-Za-z.]+)").findAll(file.readText()).map { it.groupValues[1].substringAfterLast('.') }
            }
        assertEquals(listOf("BackHandler", "ComponentActivity", "asImageBitmap", "enableEdgeToEdge", "setContent"), declared.sorted().toList())
        val used = File("src/main/kotlin").walk().filter { it.extension == "kt" }.flatMap { it.readLines() }.filter { it.startsWith("import androidx.activity") }
        assertEquals(4, used.toSet().size)
    }

    private fun xml(path: String) = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File(path)).documentElement

    private fun elements(
        root: Element,
        tag: String,
    ) = root.getElementsByTagName(tag).let { nodes -> (0 until nodes.length).map { nodes.item(it) as Element } }

    private fun names(path: String) = elements(xml(path), "string").map { it.getAttribute("name") }.toSet()
}
