package eu.qroc.bridge

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.last
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.nio.file.Files
import javax.imageio.ImageIO

/** Each on a homeserver of its own: what is believed of an account depends on all its devices. */
internal class TrustTest : Officers() {
    private fun alone(block: suspend CoroutineScope.(String) -> Unit) = Homeserver.Running().use { story { block(it.url) } }

    private suspend fun Verification.compares(): VerificationStage.Compare =
        stages.first { it is VerificationStage.Compare || it is VerificationStage.Cancelled } as VerificationStage.Compare

    private suspend fun Client.asked(): Verification = verificationRequests.first()

    /** One asks, the other takes it up, both see the same signs. */
    private suspend fun CoroutineScope.meet(
        asks: Client,
        who: String,
        answers: Client,
    ): Pair<Verification, Verification> {
        val ours = asks.verify(who)
        val theirs = answers.asked()
        assertTrue(ours.isOurs && !theirs.isOurs)
        assertEquals(answers.signedIn.userId, ours.userId)
        assertEquals(asks.signedIn.deviceId, theirs.deviceId)
        assertEquals(VerificationStage.Asked, theirs.stages.first())
        theirs.accept()
        val seen = async(Dispatchers.Default) { ours.compares() }
        val signs = theirs.compares()
        assertEquals(signs, seen.await())
        assertEquals(7, signs.emoji.size)
        assertTrue(signs.emoji.all { it.symbol.isNotEmpty() && it.wordKey.matches(Regex("emoji_[a-z_]+")) }, "$signs")
        assertTrue(signs.numbers.size == 3 && signs.numbers.all { it in 1000..9191 }, "$signs")
        return ours to theirs
    }

    @Test
    fun `two people compare signs and believe each other`() =
        alone { server ->
            val talk = talk("Harbour", server)
            val (lisbon, madrid) = talk.lisbon.client to talk.madrid.client
            assertEquals(UserTrust.UNVERIFIED, lisbon.trust(Homeserver.MADRID))
            assertEquals(UserTrust.OWN, talk.here.members().single { it.userId == Homeserver.LISBON }.trust)

            val (ours, theirs) = meet(lisbon, Homeserver.MADRID, madrid)
            val stages = async(Dispatchers.Default) { ours.stages.toList() }
            ours.confirm()
            eventually { lisbon.trust(Homeserver.MADRID) == UserTrust.UNVERIFIED }
            theirs.confirm()
            assertEquals(VerificationStage.Done, stages.await().last())
            assertEquals(VerificationStage.Done, theirs.stages.last())
            // A collector that comes late is told how it ended.
            assertEquals(listOf<VerificationStage>(VerificationStage.Done), ours.stages.toList())
            ours.close()
            theirs.close()

            eventually { lisbon.trust(Homeserver.MADRID) == UserTrust.VERIFIED }
            eventually { madrid.trust(Homeserver.LISBON) == UserTrust.VERIFIED }
            assertEquals(listOf(DeviceTrust.VERIFIED), lisbon.devicesOf(Homeserver.MADRID).map { it.trust })
            assertEquals(UserTrust.VERIFIED, talk.here.members().single { it.userId == Homeserver.MADRID }.trust)
            assertEquals("bad_input", refused<QrocException.BadInput> { lisbon.acceptChange(Homeserver.MADRID) }.code)
            assertEquals("bad_input", refused<QrocException.BadInput> { lisbon.verify(lisbon.signedIn.deviceId) }.code)
            assertEquals("nobody_to_verify", refused<QrocException.NotFound> { lisbon.verify("@nobody:qroc.test") }.code)
        }

    @Test
    fun `one shows a code, the other scans it from a picture`() =
        alone { server ->
            val talk = talk("Harbour", server)
            val (lisbon, madrid) = talk.lisbon.client to talk.madrid.client
            val ours = lisbon.verify(Homeserver.MADRID).apply { byCode() }
            val theirs = madrid.asked().apply { byCode() }
            theirs.accept()
            val (here, there) = ours.code() to theirs.code()
            assertTrue(here != there && here == ours.code())
            assertTrue(here.isDark(0, 0) && !here.isDark(7, 7) && !here.isDark(-1, 0) && !here.isDark(0, here.side))
            assertFalse("$here" in String(here.bytes, Charsets.ISO_8859_1))

            // As the other's screen shows it, and as a camera sees it.
            assertArrayEquals(here.bytes, codeInPicture(here.png()))
            val (pixels, side) = here.pixels()
            assertArrayEquals(here.bytes, codeInFrame(side, side, pixels))
            assertNull(codeInFrame(side, side, ByteArray(side * side)))
            assertEquals("no_code", refused<QrocException.BadInput> { codeInPicture(Files.readAllBytes(fixture("hopper.jpg"))) }.code)
            assertEquals("file_not_a_picture", refused<QrocException.BadInput> { codeInPicture("MATRIX".toByteArray()) }.code)

            // What is of no use leaves room for the right one.
            assertEquals("code_unreadable", refused<QrocException.BadInput> { theirs.scan("MATRIX".toByteArray()) }.code)
            assertEquals("code_of_another", refused<QrocException.BadInput> { theirs.scan(other(here.bytes)) }.code)
            theirs.scan(codeInPicture(here.png()))
            ours.stages.first { it == VerificationStage.Scanned }
            assertEquals(UserTrust.UNVERIFIED, lisbon.trust(Homeserver.MADRID))
            // Whoever scanned may go away: the other alone is waited for.
            theirs.close()
            ours.confirm()
            assertEquals(VerificationStage.Done, ours.stages.last())
            ours.close()
            eventually { lisbon.trust(Homeserver.MADRID) == UserTrust.VERIFIED }
            eventually { madrid.trust(Homeserver.LISBON) == UserTrust.VERIFIED }
        }

    @Test
    fun `a code that nobody can scan gives way to signs, and one with other keys ends it`() =
        alone { server ->
            val talk = talk("Harbour", server)
            val (lisbon, madrid) = talk.lisbon.client to talk.madrid.client

            suspend fun both(): Pair<Verification, Verification> {
                val ours = lisbon.verify(Homeserver.MADRID).apply { byCode() }
                val theirs = madrid.asked().apply { byCode() }
                theirs.accept()
                return ours to theirs
            }
            val (ours, theirs) = both()
            val forged = ours.code().bytes.clone()
            // The master key of the other: 32 bytes before this side's, before the secret.
            val keys = forged.size - SECRET - 2 * KEY
            forged[keys] = (forged[keys].toInt() xor 1).toByte()
            val refusal = runCatching { theirs.scan(forged) }.exceptionOrNull() as QrocException
            // A byte may also make it no key at all.
            if (refusal.code == "code_other_keys") {
                assertEquals(VerificationStage.Cancelled(true, VerificationReason.KEY_MISMATCH), theirs.stages.last())
            } else {
                assertEquals("code_unreadable", refusal.code)
                theirs.cancel()
            }
            assertFalse((ours.stages.last() as VerificationStage.Cancelled).byUs)
            ours.close()
            theirs.close()

            val (shows, blind) = both()
            shows.code()
            blind.code()
            blind.bySigns()
            assertEquals(blind.compares(), shows.compares())
            shows.confirm()
            blind.confirm()
            assertEquals(VerificationStage.Done, shows.stages.last())
            shows.close()
            blind.close()
        }

    private suspend fun Verification.code(): VerificationCode =
        (stages.first { it is VerificationStage.Code || it is VerificationStage.Cancelled } as VerificationStage.Code).shown!!

    /** The same of another verification: its id begins after the first ten bytes. */
    private fun other(code: ByteArray): ByteArray = code.clone().also { it[ID] = (it[ID].toInt() xor 1).toByte() }

    /** Four pixels a module and a margin of four modules: brightness, and how wide it is. */
    private fun VerificationCode.pixels(): Pair<ByteArray, Int> {
        val width = (side + 8) * 4
        return ByteArray(width * width) { if (isDark(it / width / 4 - 4, it % width / 4 - 4)) 0 else -1 } to width
    }

    private fun VerificationCode.png(): ByteArray {
        val (pixels, width) = pixels()
        val image = BufferedImage(width, width, BufferedImage.TYPE_BYTE_GRAY)
        image.raster.setDataElements(0, 0, width, width, pixels)
        return ByteArrayOutputStream().also { ImageIO.write(image, "png", it) }.toByteArray()
    }

    @Test
    fun `an identity that changes is shown, holds up what is sent, and is taken as it is`() =
        alone { server ->
            val talk = talk("Harbour", server)
            val (lisbon, madrid) = talk.lisbon.client to talk.madrid.client
            val (ours, theirs) = meet(lisbon, Homeserver.MADRID, madrid)
            ours.confirm()
            theirs.confirm()
            assertEquals(VerificationStage.Done, ours.stages.last())
            ours.close()
            theirs.close()
            eventually { lisbon.trust(Homeserver.MADRID) == UserTrust.VERIFIED }

            suspend fun policy(verifiedOnly: Boolean) {
                val said = mapOf("e2ee.exclude_unverified" to PolicyValue.Flag(verifiedOnly), "lock.required" to PolicyValue.Flag(false))
                lisbon.takeManaged(ManagedConfig(said))
            }
            policy(verifiedOnly = true)
            val seen = talk.there.timeline()
            talk.here.send("For verified ones")
            seen.items.shows("For verified ones")

            // Somebody who has the password gives the account another identity.
            withContext(Dispatchers.IO) {
                Peer(server, "madrid").use { it.ask("""{"do": "reset_identity", "password": "${Homeserver.PASSWORD}"}""") }
            }
            val phone = signIn("madrid", server).client
            eventually { lisbon.trust(Homeserver.MADRID) == UserTrust.CHANGED }
            assertEquals(UserTrust.CHANGED, talk.here.members().single { it.userId == Homeserver.MADRID }.trust)
            val held = talk.here.send("Held up")
            val queue = lisbon.sendQueue()
            val waiting = queue.items.first { items -> items.any { it.reason == "identity_changed" } }.single()
            assertEquals(held.txnId, waiting.txnId)

            // Lisbon takes it as it is: sent, but policy gives the key to no device that is not verified, and the one that was
            // compared was another identity's.
            assertEquals(UserTrust.UNVERIFIED, lisbon.acceptChange(Homeserver.MADRID))
            assertEquals(UserTrust.UNVERIFIED, lisbon.trust(Homeserver.MADRID))
            assertEquals("bad_input", refused<QrocException.BadInput> { lisbon.acceptChange(Homeserver.MADRID) }.code)
            queue.retry(waiting.id)
            queue.items.first { it.isEmpty() }
            seen.items.first { items -> items.any { it.content is ItemContent.Locked } }
            phone.rooms().first { rooms -> rooms.any { it.roomId == talk.here.roomId } }
            val other = phone.room(talk.here.roomId).use { it.timeline() }
            other.items.first { items -> items.any { it.content is ItemContent.Locked } }
            policy(verifiedOnly = false)
            talk.here.send("For all again")
            assertEquals(listOf("For all again"), other.items.first { "For all again" in it.texts() }.texts())
            seen.items.shows("For all again")
            queue.close()
            seen.close()
            other.close()
        }

    @Test
    fun `signs that differ, a no, and a screen that goes away verify nobody`() =
        alone { server ->
            val talk = talk("Harbour", server)
            val (lisbon, madrid) = talk.lisbon.client to talk.madrid.client

            // The signs differ.
            val (ours, theirs) = meet(lisbon, Homeserver.MADRID, madrid)
            theirs.mismatch()
            assertEquals(VerificationStage.Cancelled(false, VerificationReason.MISMATCH), ours.stages.last())
            assertEquals(VerificationStage.Cancelled(true, VerificationReason.MISMATCH), theirs.stages.last())
            // Once it is over there is nothing to do.
            ours.confirm()
            ours.close()
            theirs.close()

            // A no.
            lisbon.verify(Homeserver.MADRID).use { asked ->
                madrid.asked().use { it.cancel() }
                assertEquals(VerificationStage.Cancelled(false, VerificationReason.CANCELLED), asked.stages.last())
            }

            // A screen that goes away.
            val (left, waits) = meet(madrid, Homeserver.LISBON, lisbon)
            left.close()
            assertEquals(VerificationStage.Cancelled(false, VerificationReason.CANCELLED), waits.stages.last())
            waits.close()
            assertEquals(UserTrust.UNVERIFIED, lisbon.trust(Homeserver.MADRID))
            assertEquals(UserTrust.UNVERIFIED, madrid.trust(Homeserver.LISBON))

            // One that goes away after it has confirmed keeps nobody waiting.
            val (confirmed, other) = meet(lisbon, Homeserver.MADRID, madrid)
            confirmed.confirm()
            confirmed.close()
            other.confirm()
            assertEquals(VerificationStage.Done, other.stages.last())
            other.close()
            eventually { lisbon.trust(Homeserver.MADRID) == UserTrust.VERIFIED }
        }

    @Test
    fun `a request waits for the screen, and ends with the client`() =
        alone { server ->
            val (lisbon, madrid) = signIn("lisbon", server).client to signIn("madrid", server).client
            // A collector that is cancelled again and again loses none.
            val ours = lisbon.verify(Homeserver.MADRID)
            val theirs = async(Dispatchers.Default) { madrid.asked() }.await()
            assertEquals(Homeserver.LISBON, theirs.userId)
            val stages = async(Dispatchers.Default) { theirs.stages.toList() }
            val requests = async(Dispatchers.Default) { madrid.verificationRequests.toList() }
            eventually { Client.liveObjects().pulls == 2 }
            madrid.shutDown()
            assertEquals(listOf<VerificationStage>(VerificationStage.Asked), stages.await())
            assertEquals(emptyList<Verification>(), requests.await())
            assertEquals("closed", refused<QrocException.Closed> { theirs.accept() }.code)
            theirs.close()
            ours.close()
        }

    @Test
    fun `a new device is verified by an old one and gets what it lacks`() =
        alone { server ->
            val phone = signIn("lisbon", server).client
            assertTrue(phone.hasSecrets())
            val tablet = signIn("lisbon", server).client
            assertFalse(tablet.status().verified || tablet.hasSecrets())
            val (ours, theirs) = meet(tablet, Homeserver.LISBON, phone)
            ours.confirm()
            theirs.confirm()
            assertEquals(VerificationStage.Done, ours.stages.last())
            eventually { tablet.hasSecrets() && tablet.status().verified }
            assertEquals(setOf(DeviceTrust.THIS, DeviceTrust.VERIFIED), tablet.devices().map { it.trust }.toSet())
            ours.close()
            theirs.close()
        }

    @Test
    fun `a recovery key that was made on one device restores another`() =
        alone { server ->
            val talk = talk("Harbour", server)
            val lisbon = talk.lisbon.client
            talk.there.send("White van at pier four")
            talk.here.timeline().use { it.items.shows("White van at pier four") }
            assertEquals(RecoveryKeyState.NONE to BackupState.OFF, lisbon.recovery().run { key to backup })

            val key = lisbon.createRecoveryKey("correct horse battery".toByteArray())
            val written = key.reveal()!!
            assertEquals(59, written.size)
            assertFalse(String(written) in "$key ${key.hashCode()}")
            assertEquals(RecoveryKeyState.UNSHOWN, lisbon.recovery().key)
            key.shown()
            assertNull(key.reveal())
            key.close()
            val open = lisbon.recoveryStates.first { it.backup == BackupState.ON && it.waiting == 0 }
            assertTrue(open.key == RecoveryKeyState.ON && open.keys > 0 && open.verified, "$open")
            assertEquals("recovery_key_exists", refused<QrocException.BadInput> { lisbon.createRecoveryKey() }.code)
            lisbon.shutDown()

            // The phone falls into the harbour. The new one can read nothing of what was.
            val phone = signIn("lisbon", server).client
            val states = async(Dispatchers.Default) { phone.recoveryStates.first { it.backup == BackupState.ON && it.verified } }
            eventually { phone.recovery().backup == BackupState.LOCKED }
            assertEquals("not_verified", refused<QrocException.Forbidden> { phone.createRecoveryKey(replace = true) }.code)
            phone.rooms().first { it.isNotEmpty() }
            phone.room("Harbour").use { room ->
                val timeline = room.timeline()
                timeline.items.first { items -> items.any { it.content == ItemContent.Locked(Unreadable.MISSING_KEY) } }
                val mistyped = written.copyOf().also { it[10] = if (it[10] == 'b'.code.toByte()) 'c'.code.toByte() else 'b'.code.toByte() }
                assertEquals("wrong_recovery_key", refused<QrocException.BadInput> { phone.restore(mistyped) }.code)
                assertEquals("wrong_recovery_key", refused<QrocException.BadInput> { phone.restore("wrong horse".toByteArray()) }.code)
                val restored = phone.restore(written)
                assertTrue(restored.verified && restored.history, "$restored")
                timeline.items.shows("White van at pier four")
                timeline.close()
            }
            assertTrue(phone.hasSecrets())
            assertTrue(states.await().keys > 0)

            // Replaced, the old one opens nothing any more, and the passphrase neither.
            phone.createRecoveryKey(replace = true).use { it.shown() }
            val third = signIn("lisbon", server).client
            assertEquals("other_recovery_key", refused<QrocException.BadInput> { third.restore(written) }.code)
            assertFalse(third.status().verified)
        }

    private companion object {
        const val ID = 12
        const val SECRET = 16
        const val KEY = 32
    }
}
