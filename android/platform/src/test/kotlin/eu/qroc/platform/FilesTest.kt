package eu.qroc.platform

import android.app.Activity
import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.content.Intent
import android.content.pm.ProviderInfo
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.MediaStore
import android.provider.OpenableColumns
import android.view.WindowManager
import eu.qroc.bridge.ItemContent
import eu.qroc.bridge.ManagedConfig
import eu.qroc.bridge.PolicyValue
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.io.File
import java.io.FileNotFoundException
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import org.robolectric.shadows.ShadowSystemClock

/** Another app, which serves a file. */
internal class Gallery : ContentProvider() {
    override fun onCreate() = true

    override fun openFile(
        uri: Uri,
        mode: String,
    ): ParcelFileDescriptor {
        if (uri.lastPathSegment == "gone") throw FileNotFoundException()
        check(uri.lastPathSegment != "broken") { "a fault of the other app" }
        return ParcelFileDescriptor.open(served, ParcelFileDescriptor.MODE_READ_ONLY)
    }

    override fun query(
        uri: Uri,
        projection: Array<out String>?,
        selection: String?,
        selectionArgs: Array<out String>?,
        sortOrder: String?,
    ): Cursor = MatrixCursor(arrayOf(OpenableColumns.DISPLAY_NAME)).apply { addRow(arrayOf("../../plan of the pier.pdf")) }

    override fun getType(uri: Uri) = "application/pdf"

    override fun insert(
        uri: Uri,
        values: ContentValues?,
    ): Uri? = null

    override fun delete(
        uri: Uri,
        selection: String?,
        selectionArgs: Array<out String>?,
    ) = 0

    override fun update(
        uri: Uri,
        values: ContentValues?,
        selection: String?,
        selectionArgs: Array<out String>?,
    ) = 0

    companion object {
        lateinit var served: File
    }
}

@Config(shadows = [ShadowMemory::class])
internal class FilesTest : Phones() {
    private val links: Path get() = root.resolve("links")

    @Before
    fun gallery() {
        Gallery.served = folder.newFile().apply { writeBytes(ByteArray(5_000) { it.toByte() }) }
        val info = ProviderInfo().apply { authority = "org.example.gallery"; packageName = "org.example.gallery"; name = "Gallery"; applicationInfo = android.content.pm.ApplicationInfo().also { it.packageName = "org.example.gallery" } }
        Robolectric.buildContentProvider(Gallery::class.java).create(info)
        shadowOf(app.packageManager).installPackage(
            android.content.pm.PackageInfo().apply {
                packageName = "org.example.gallery"
                applicationInfo = info.applicationInfo
                providers = arrayOf(info)
            },
        )
        Robolectric.buildContentProvider(PassingFiles::class.java).create(
            ProviderInfo().apply { authority = "${app.packageName}.passing"; grantUriPermissions = true },
        )
    }

    private fun send(vararg uris: String) =
        if (uris.size == 1) {
            Intent(Intent.ACTION_SEND).setType("application/pdf").putExtra(Intent.EXTRA_STREAM, Uri.parse(uris[0]))
        } else {
            Intent(Intent.ACTION_SEND_MULTIPLE).putParcelableArrayListExtra(Intent.EXTRA_STREAM, ArrayList(uris.map(Uri::parse)))
        }

    private fun read(
        intent: Intent,
        limit: Long = 1_000_000,
    ) = Incoming.read(app, intent, links, limit)

    private fun onDisk(): List<String> = Files.walk(root).use { all -> all.filter { Files.isRegularFile(it, java.nio.file.LinkOption.NOFOLLOW_LINKS) }.map { it.fileName.toString() }.toList() }

    @Test
    fun `a shared file comes in through memory, under its own name, and is sent`(): Unit =
        story {
            val (own, other) = signIn() to colleague()
            val (here, there) = together(own, other, "Harbour")
            val before = onDisk().toSet()
            val files = read(send("content://org.example.gallery/1")) as Incoming.Files
            val file = files.files.single()
            assertEquals("plan of the pier.pdf", file.path.fileName.toString())
            assertEquals(emptySet<String>(), onDisk().toSet() - before)
            here.sendFile(file.path)
            val memories = ShadowMemory.left
            file.close()
            assertEquals(memories - 1, ShadowMemory.left)
            assertEquals(emptyList<Path>(), Files.list(links).use { it.toList() })
            val item = there.timeline().use { list -> list.items.first { items -> items.any { it.content is ItemContent.Media } }.last() }
            assertEquals("plan of the pier.pdf", (item.content as ItemContent.Media).attachment.name)
            val got = there.download(item.eventId!!, root.resolve("got.pdf"))
            assertArrayEquals(Gallery.served.readBytes(), Files.readAllBytes(got.path))
        }

    @Test
    fun `what cannot be taken is refused whole, and leaves nothing`() {
        assertEquals(Incoming.Refused(Incoming.Reason.TOO_LARGE), read(send("content://org.example.gallery/1"), limit = 4_999))
        assertEquals(Incoming.Refused(Incoming.Reason.UNREADABLE), read(send("content://org.example.gallery/1", "content://org.example.gallery/gone")))
        assertEquals(Incoming.Refused(Incoming.Reason.UNREADABLE), read(send("content://org.example.gallery/broken")))
        assertEquals(Incoming.Refused(Incoming.Reason.UNREADABLE), read(send("content://org.example.none/1")))
        assertEquals(Incoming.Refused(Incoming.Reason.TOO_MANY), read(send(*Array(21) { "content://org.example.gallery/$it" })))
        assertEquals(Incoming.Refused(Incoming.Reason.NOTHING), read(Intent(Intent.ACTION_SEND)))
        assertEquals(Incoming.Text("On our way"), read(Intent(Intent.ACTION_SEND).putExtra(Intent.EXTRA_TEXT, "On our way")))
        assertTrue(Files.notExists(links) || Files.list(links).use { it.toList() }.isEmpty())
    }

    @Test
    fun `where memory has no path, only what lies on the device already is put on the disk, and removed`() {
        ShadowMemory.missing = true
        try {
            val files = read(send("content://org.example.gallery/1")) as Incoming.Files
            assertArrayEquals(Gallery.served.readBytes(), files.files.single().input().use { it.readBytes() })
            files.files.single().close()
            assertEquals(emptyList<Path>(), Files.list(links).use { it.toList() })
            assertThrows(java.io.IOException::class.java) { MemoryFile.make(links, "photo.jpg") }
            assertEquals(emptyList<Path>(), Files.list(links).use { it.toList() })
        } finally {
            ShadowMemory.missing = false
        }
    }

    @Test
    fun `nobody makes the app send its own files`() {
        val own = folder.newFile("database").apply { writeText("secret") }
        assertEquals(Incoming.Refused(Incoming.Reason.UNREADABLE), read(send("file://$own")))
        val memory = MemoryFile.make(links, "x")
        memory.output().use { it.write(1) }
        val uri = PassingFiles.camera(app, memory).second
        shadowOf(app.packageManager).addOrUpdateProvider(ProviderInfo().apply { authority = uri.authority; packageName = app.packageName; name = "x" })
        assertEquals(Incoming.Refused(Incoming.Reason.UNREADABLE), read(send("$uri")))
        assertEquals(Incoming.Refused(Incoming.Reason.UNREADABLE), read(send("$uri".replace("content://", "content://0@"))))
    }

    @Test
    fun `the camera writes into memory, and the photo goes to the room`(): Unit =
        story {
            val own = signIn()
            val room = own.createRoom("Harbour")
            val before = onDisk().toSet()
            val (intent, uri) = PassingFiles.camera(app, MemoryFile.make(links, "photo.jpg"))
            assertEquals(uri, intent.getParcelableExtra(MediaStore.EXTRA_OUTPUT, Uri::class.java))
            assertTrue(intent.flags and Intent.FLAG_GRANT_WRITE_URI_PERMISSION != 0)
            // What a camera app does.
            app.contentResolver.openOutputStream(uri, "w")!!.use { it.write(Files.readAllBytes(fixture("hopper.jpg"))) }
            val photo = PassingFiles.take(uri)!!
            assertEquals(emptySet<String>(), onDisk().toSet() - before)
            val sent = photo.use { room.sendFile(it.path) }
            assertEquals("image/jpeg", sent.mime)
            assertEquals(Files.size(fixture("hopper.jpg")), sent.sourceBytes)
            assertNull(app.contentResolver.getType(uri))
        }

    @Test
    fun `another app reads what it was handed, for ten minutes, and writes nothing`() {
        val file = MemoryFile.make(links, "pier.pdf")
        file.output().use { it.write(ByteArray(100) { 7 }) }
        val chooser = PassingFiles.hand(app, file, "application/pdf", view = true)
        assertEquals(Intent.ACTION_CHOOSER, chooser.action)
        val view = chooser.getParcelableExtra(Intent.EXTRA_INTENT, Intent::class.java)!!
        assertTrue(view.flags and Intent.FLAG_GRANT_READ_URI_PERMISSION != 0)
        assertTrue(view.flags and Intent.FLAG_GRANT_WRITE_URI_PERMISSION == 0)
        val uri = view.data!!
        assertArrayEquals(ByteArray(100) { 7 }, app.contentResolver.openInputStream(uri)!!.use { it.readBytes() })
        assertEquals("application/pdf", app.contentResolver.getType(uri))
        app.contentResolver.query(uri, null, null, null, null)!!.use {
            it.moveToFirst()
            assertEquals("pier.pdf" to 100L, it.getString(0) to it.getLong(1))
        }
        assertThrows(FileNotFoundException::class.java) { app.contentResolver.openOutputStream(uri, "w") }
        assertThrows(FileNotFoundException::class.java) { app.contentResolver.openInputStream(Uri.parse("$uri".dropLast(1) + "x")) }
        ShadowSystemClock.advanceBy(11, TimeUnit.MINUTES)
        assertThrows(FileNotFoundException::class.java) { app.contentResolver.openInputStream(uri) }
        assertEquals(emptyList<Path>(), Files.list(links).use { it.toList() })
    }

    @Test
    fun `pictures of the window follow policy, at once`(): Unit =
        story {
            val window = withContext(main) { Robolectric.buildActivity(Activity::class.java).setup().get() }.window
            fun secure() = window.attributes.flags and WindowManager.LayoutParams.FLAG_SECURE != 0
            val own = signIn()
            own.setPin(app.duty.vault, "73810546".toByteArray())
            own.takeManaged(ManagedConfig(mapOf("share.screenshots" to PolicyValue.Flag(true))))
            withContext(main) { ScreenGuard.secure(window, true) }
            val following = launch(main) { ScreenGuard.follow(window, own) }
            eventually { !secure() }
            own.takeManaged(ManagedConfig(mapOf("share.screenshots" to PolicyValue.Flag(false))))
            eventually { secure() }
            own.takeManaged(ManagedConfig(mapOf("share.screenshots" to PolicyValue.Flag(true))))
            eventually { !secure() }
            own.shutDown()
            eventually { secure() }
            following.cancel()
        }

    @Test
    fun `what is copied stays where policy says`(): Unit =
        story {
            val system = app.getSystemService(Context.CLIPBOARD_SERVICE) as android.content.ClipboardManager
            val own = signIn()
            own.setPin(app.duty.vault, "73810546".toByteArray())
            val clipboard = GuardedClipboard(app) { app.duty.client.value }
            own.takeManaged(ManagedConfig(mapOf("share.clipboard" to PolicyValue.Text("any"))))
            assertTrue(clipboard.copy("outside"))
            assertEquals("outside", system.primaryClip!!.getItemAt(0).text)
            assertTrue(system.primaryClipDescription!!.extras.getBoolean("android.content.extra.IS_SENSITIVE"))
            own.takeManaged(ManagedConfig(mapOf("share.clipboard" to PolicyValue.Text("app"))))
            assertTrue(clipboard.copy("inside"))
            assertEquals("outside", system.primaryClip!!.getItemAt(0).text)
            assertEquals("inside", clipboard.paste())
            own.takeManaged(ManagedConfig(mapOf("share.clipboard" to PolicyValue.Text("none"))))
            assertFalse(clipboard.copy("nowhere"))
            assertEquals("inside", clipboard.paste())
            clipboard.clear()
            assertEquals("outside", clipboard.paste())
        }
}
