package eu.qroc.ui

import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertCountEquals
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsEnabled
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.assertTextContains
import androidx.compose.ui.test.click
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.onAllNodesWithContentDescription
import androidx.compose.ui.test.onAllNodesWithTag
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performKeyInput
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performSemanticsAction
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTouchInput
import androidx.compose.ui.test.pressKey
import androidx.compose.ui.test.runComposeUiTest
import androidx.compose.ui.unit.dp
import eu.qroc.ui.composer.ComposerEvent
import eu.qroc.ui.composer.ComposerState
import eu.qroc.ui.composer.VoiceDraft
import eu.qroc.ui.details.DetailsEvent
import eu.qroc.ui.devices.DevicesEvent
import eu.qroc.ui.map.MapEvent
import eu.qroc.ui.map.MapSource
import eu.qroc.ui.map.OwnSharing
import eu.qroc.ui.map.PastState
import eu.qroc.ui.newroom.NewRoomEvent
import eu.qroc.ui.newroom.NewRoomState
import eu.qroc.ui.parts.Connection
import eu.qroc.ui.queue.QueueEvent
import eu.qroc.ui.recovery.RecoveryEvent
import eu.qroc.ui.recovery.RecoveryStep
import eu.qroc.ui.rooms.RoomFilter
import eu.qroc.ui.rooms.RoomsEvent
import eu.qroc.ui.search.SearchEvent
import eu.qroc.ui.settings.Farewell
import eu.qroc.ui.settings.SettingsEvent
import eu.qroc.ui.shell.AppEvent
import eu.qroc.ui.shell.AppView
import eu.qroc.ui.shell.Pane
import eu.qroc.ui.shell.Stage
import eu.qroc.ui.signin.SignInEvent
import eu.qroc.ui.signin.SignInState
import eu.qroc.ui.theme.Appearance
import eu.qroc.ui.timeline.Quick
import eu.qroc.ui.timeline.TimelineEvent
import eu.qroc.ui.unlock.UnlockEvent
import eu.qroc.ui.unlock.UnlockState
import eu.qroc.ui.verify.Ending
import eu.qroc.ui.verify.Trust
import eu.qroc.ui.verify.VerifyEvent
import eu.qroc.ui.verify.VerifyStep
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** Each screen in an officer's hands: what is touched, and what the application is told. */
@OptIn(ExperimentalTestApi::class)
class ScreensTest {
    private val events = mutableListOf<AppEvent>()
    private var stage: Stage by mutableStateOf(Stage.Starting)

    private fun on(
        first: Stage,
        story: ComposeUiTest.() -> Unit,
    ) = runComposeUiTest {
        stage = first
        // How far the list has come is not what these stories are about.
        val hear = { event: AppEvent ->
            val where = event is AppEvent.Timeline && event.event is TimelineEvent.Reading
            if (event != AppEvent.Rooms(RoomsEvent.More) && !where) events += event
        }
        setContent { Showing.plain.Theme { AppView(stage, "QROC", hear) } }
        story()
    }

    private fun pane(pane: Pane) = Stage.Main(rooms, pane)

    @Test
    fun `one press sends the position, takes a photo, calls for help`() =
        on(pane(Pane.Room(timeline.copy(quick = Quick(helpAt = NOW))))) {
            events.clear()
            for (text in listOf(StringsEn.quickPosition, StringsEn.quickPhoto, StringsEn.quickHelp, StringsEn.iAmSafe)) {
                onNodeWithText(text).performClick()
            }
            val wanted = listOf(TimelineEvent.QuickPosition, TimelineEvent.QuickPhoto, TimelineEvent.QuickHelp, TimelineEvent.Safe)
            assertEquals(wanted, events.filterIsInstance<AppEvent.Timeline>().map { it.event }.filter { it in wanted })
            // While something is written the keyboard needs the room.
            stage = pane(Pane.Room(timeline.copy(quick = Quick(), composer = ComposerState("White"))))
            onNodeWithText(StringsEn.quickHelp).assertDoesNotExist()
        }

    @Test
    fun `the own position is shared for as long as one chooses, and stopped`() =
        on(pane(Pane.Map(map.copy(sharing = OwnSharing())))) {
            onNodeWithText(StringsEn.shareMine).performClick()
            stage = pane(Pane.Map(map.copy(sharing = OwnSharing(asking = true, choices = listOf(15, 60)))))
            onNodeWithText(StringsEn.forHours(1)).performClick()
            stage = pane(Pane.Map(map.copy(sharing = OwnSharing(on = true, until = NOW + 60 * MINUTE))))
            onNodeWithText("until 15:30", substring = true).assertExists()
            onNodeWithText(StringsEn.stopSharing).performClick()
            assertEquals(listOf(MapEvent.AskShare, MapEvent.Share(60), MapEvent.StopShare), events.map { (it as AppEvent.Map).event })
            stage = pane(Pane.Map(map.copy(sharing = OwnSharing(on = true, stopping = true))))
            onNodeWithText(StringsEn.stopSharing).assertIsNotEnabled()
        }

    @Test
    fun `signing in needs all three, and goes on with Enter`() =
        on(Stage.SignIn(SignInState(server = "police.example", user = "lisbon"))) {
            onNodeWithText(StringsEn.signIn).assertIsNotEnabled()
            onNodeWithContentDescription(StringsEn.password).performTextInput("golden-hour")
            assertEquals<AppEvent>(AppEvent.SignIn(SignInEvent.Password("golden-hour")), events.last())
            stage = Stage.SignIn(SignInState("police.example", "lisbon", "golden-hour"))
            onNodeWithText(StringsEn.signIn).assertIsEnabled()
            onNodeWithContentDescription(StringsEn.password).performKeyInput { pressKey(Key.Enter) }
            assertEquals<AppEvent>(AppEvent.SignIn(SignInEvent.Submit), events.last())
        }

    @Test
    fun `two passphrases that differ do not sign in`() {
        val state = SignInState("s", "u", "p", needsPassphrase = true, passphrase = "correct horse", passphraseAgain = "correct")
        on(Stage.SignIn(state)) {
            onNodeWithText(StringsEn.passphraseDiffers).performScrollTo().assertIsDisplayed()
            onNodeWithText(StringsEn.signIn).performScrollTo().assertIsNotEnabled()
            stage = Stage.SignIn(state.copy(passphraseAgain = "correct horse"))
            onNodeWithText(StringsEn.signIn).performScrollTo().performClick()
            assertEquals<List<AppEvent>>(listOf(AppEvent.SignIn(SignInEvent.Submit)), events)
        }
    }

    @Test
    fun `a password is hidden until it is asked for`() =
        on(Stage.SignIn(SignInState("s", "u", "golden-hour"))) {
            onAllNodesWithText("golden-hour").assertCountEquals(0)
            onNodeWithContentDescription(StringsEn.showPassword).performClick()
            onNodeWithText("golden-hour").assertIsDisplayed()
        }

    @Test
    fun `unlocking, and erasing only after a question`() =
        on(Stage.Unlock(UnlockState("correct horse"))) {
            onNodeWithText(StringsEn.unlock).performClick()
            onNodeWithText(StringsEn.unlockForgotten).performClick()
            stage = Stage.Unlock(UnlockState(askWipe = true))
            onNodeWithText(StringsEn.cancel).performClick()
            onNodeWithText(StringsEn.wipeConfirm).performClick()
            val expected = listOf(UnlockEvent.Submit, UnlockEvent.AskWipe, UnlockEvent.KeepAll, UnlockEvent.Wipe)
            assertEquals<List<AppEvent>>(expected.map { AppEvent.Unlock(it) }, events)
        }

    @Test
    fun `rooms open, filter, and an invitation is answered`() =
        on(Stage.Main(rooms)) {
            onNodeWithText(harbour).performClick()
            onNodeWithText(StringsEn.join).performClick()
            onNodeWithText(StringsEn.decline).performClick()
            onNodeWithText("${StringsEn.filterUnread} 3").performClick()
            onNodeWithText(StringsEn.newRoom).performClick()
            onNodeWithContentDescription(StringsEn.search).performClick()
            onNodeWithContentDescription(StringsEn.settings).performClick()
            val expected =
                listOf(
                    RoomsEvent.Open("!1"),
                    RoomsEvent.Accept("!0"),
                    RoomsEvent.Decline("!0"),
                    RoomsEvent.Filter(RoomFilter.UNREAD),
                    RoomsEvent.New,
                    RoomsEvent.Search,
                    RoomsEvent.Settings,
                )
            assertEquals<List<AppEvent>>(expected.map { AppEvent.Rooms(it) }, events)
        }

    @Test
    fun `a row says what waits, what failed and what is unread`() =
        on(Stage.Main(rooms)) {
            onNodeWithContentDescription(StringsEn.unreadCount(3), substring = true).assertExists()
            onNodeWithContentDescription(StringsEn.unreadAtLeast(12), substring = true).assertExists()
            onNodeWithContentDescription(StringsEn.waitingCount(1), substring = true).assertExists()
            onNodeWithText(StringsEn.notSentCount(2), substring = true).assertExists()
        }

    @Test
    fun `the line says since when it is offline, and leads to what waits`() =
        on(Stage.Main(rooms.copy(connection = offline))) {
            onNodeWithText("Offline since 14:18 · 2 waiting to be sent").performClick()
            assertEquals<List<AppEvent>>(listOf(AppEvent.Rooms(RoomsEvent.Queue)), events)
            stage = Stage.Main(rooms.copy(connection = Connection()))
            onAllNodesWithText(StringsEn.offline, substring = true).assertCountEquals(0)
        }

    @Test
    fun `a new room takes a name and people`() {
        val state = NewRoomState("Harbour", people = listOf("@madrid:qroc.test"), person = "athens")
        on(pane(Pane.NewRoom(state))) {
            onNodeWithContentDescription(StringsEn.people).performClick().performKeyInput { pressKey(Key.Enter) }
            onNodeWithContentDescription(StringsEn.removePerson("@madrid:qroc.test")).performClick()
            onNodeWithText(StringsEn.kindDirect).performClick()
            onNodeWithText(StringsEn.createRoom).performClick()
            val expected =
                listOf(
                    NewRoomEvent.AddPerson,
                    NewRoomEvent.RemovePerson("@madrid:qroc.test"),
                    NewRoomEvent.Direct(true),
                    NewRoomEvent.Create,
                )
            assertEquals<List<AppEvent>>(expected.map { AppEvent.NewRoom(it) }, events)
            stage = pane(Pane.NewRoom(NewRoomState()))
            onNodeWithText(StringsEn.createRoom).assertIsNotEnabled()
        }
    }

    @Test
    fun `members are invited, and removed only after a question that names them`() =
        on(pane(Pane.Details(details.copy(person = "athens")))) {
            onNodeWithText(StringsEn.invite).performClick()
            onNodeWithContentDescription(StringsEn.removeMember(madrid)).performClick()
            stage = pane(Pane.Details(details.copy(removing = details.members!![1])))
            onNodeWithText(StringsEn.kickTitle(madrid, harbour)).assertIsDisplayed()
            onNodeWithText(StringsEn.kickConfirm).performClick()
            stage = pane(Pane.Details(details.copy(leaving = true)))
            onNodeWithText(StringsEn.cancel).performClick()
            val expected =
                listOf(
                    DetailsEvent.Invite,
                    DetailsEvent.AskRemove(details.members!![1]),
                    DetailsEvent.Remove(details.members!![1]),
                    DetailsEvent.Stay,
                )
            assertEquals<List<AppEvent>>(expected.map { AppEvent.Details(it) }, events)
        }

    @Test
    fun `on the map somebody is chosen in the list, and the map is moved by buttons`() =
        on(pane(Pane.Map(map.copy(chosen = null)))) {
            onNodeWithText(StringsEn.youNamed(lisbon)).performClick()
            onNodeWithText("412 m").assertIsDisplayed()
            onNodeWithText(StringsEn.directionNe).assertIsDisplayed()
            onNodeWithContentDescription(StringsEn.mapCloser).performClick()
            onNodeWithContentDescription(StringsEn.mapFarther).performClick()
            onNodeWithContentDescription(StringsEn.mapShowAll).performClick()
            onNodeWithContentDescription(StringsEn.back).performClick()
            val expected = listOf(MapEvent.Choose("@lisbon:qroc.test"), MapEvent.Back)
            assertEquals<List<AppEvent>>(expected.map { AppEvent.Map(it) }, events)
        }

    @Test
    fun `the map of the device is got, and what was is looked at and left`() =
        on(pane(Pane.Map(map.copy(source = MapSource.FILE)))) {
            onNodeWithContentDescription(StringsEn.mapFile).performClick()
            onNodeWithContentDescription(StringsEn.mapEarlier).performClick()
            stage = pane(Pane.Map(map.copy(source = MapSource.POLICY, past = PastState(NOW - 60 * MINUTE, NOW, NOW))))
            onNodeWithContentDescription(StringsEn.mapFetch).performClick()
            onNodeWithText(StringsEn.mapAt("14:30"), substring = true).assertIsDisplayed()
            onNodeWithTag("past").performSemanticsAction(SemanticsActions.SetProgress) { it(0.5f) }
            onNodeWithContentDescription(StringsEn.mapNow).performClick()
            stage = pane(Pane.Map(map.copy(source = MapSource.POLICY, taking = true)))
            onNodeWithContentDescription(StringsEn.mapFetch).assertDoesNotExist()
            val expected = listOf(MapEvent.TakeMap, MapEvent.Earlier, MapEvent.TakeMap, MapEvent.At(NOW - 30 * MINUTE), MapEvent.Now)
            assertEquals<List<AppEvent>>(expected.map { AppEvent.Map(it) }, events)
        }

    @Test
    fun `a voice message is held and let go, slid away, or begun with a touch, and played from anywhere`() =
        on(pane(Pane.Room(timeline.copy(composer = ComposerState(microphone = true), entries = voices)))) {
            val record = onNodeWithContentDescription(StringsEn.voiceRecord)
            val voice = { on: Boolean -> stage = pane(Pane.Room(timeline.copy(composer = ComposerState(microphone = true, voice = if (on) VoiceDraft(1_000, levels) else null), entries = voices))) }
            record.performTouchInput { down(center) }
            voice(true)
            waitForIdle()
            onNodeWithText(StringsEn.voiceSlide).assertIsDisplayed()
            val send = onNodeWithContentDescription(StringsEn.voiceSend)
            send.performTouchInput {
                advanceEventTime(1_000)
                up()
            }
            voice(false)
            waitForIdle()
            record.performTouchInput { down(center) }
            voice(true)
            waitForIdle()
            send.performTouchInput {
                moveBy(Offset(-200.dp.toPx(), 0f))
                up()
            }
            voice(false)
            waitForIdle()
            // A short touch only begins; another one sends, and what is beside it throws away.
            record.performTouchInput { click() }
            voice(true)
            waitForIdle()
            send.performTouchInput { click() }
            onNodeWithContentDescription(StringsEn.voiceCancel).performClick()
            val told = listOf(ComposerEvent.Record, ComposerEvent.SendVoice, ComposerEvent.Record, ComposerEvent.CancelVoice)
            val touched = listOf(ComposerEvent.Record, ComposerEvent.SendVoice, ComposerEvent.CancelVoice)
            val compose = events.filterIsInstance<AppEvent.Timeline>().map { it.event }.filterIsInstance<TimelineEvent.Compose>().map { it.event }
            assertEquals(told + touched, compose)

            onAllNodesWithContentDescription(StringsEn.voicePause)[0].performClick()
            onAllNodesWithTag("waveform", useUnmergedTree = true)[0].performTouchInput { click(Offset(width / 2f, height / 2f)) }
            val played = events.filterIsInstance<AppEvent.Timeline>().map { it.event }.filter { it is TimelineEvent.Play || it == TimelineEvent.Pause }
            assertEquals(TimelineEvent.Pause, played.first())
            assertTrue(played.size == 2, "$played")
        }

    @Test
    fun `what failed is tried again or given up, what is under way is left alone`() =
        on(pane(Pane.Queue(queue))) {
            onAllNodesWithText(StringsEn.tryNow).assertCountEquals(2)
            onAllNodesWithText(StringsEn.tryNow)[0].performClick()
            onAllNodesWithText(StringsEn.cancelSending)[1].performClick()
            stage = pane(Pane.Queue(queue.copy(cancelling = queue.items!![2])))
            onNodeWithText(StringsEn.queueCancelText).assertIsDisplayed()
            val expected = listOf(QueueEvent.Retry(queue.items!![1]), QueueEvent.AskCancel(queue.items!![2]))
            assertEquals<List<AppEvent>>(expected.map { AppEvent.Queue(it) }, events)
        }

    @Test
    fun `search begins with the keyboard in the field, and a hit opens`() {
        val full = scenes.first { it.name == "search-full" }.stage
        on(full) {
            onNode(hasSetTextAction()).performTextInput("s")
            onNodeWithText("White van at pier four").performClick()
            onNodeWithText("Pier four").performClick()
            onNode(hasSetTextAction()).performClick().performKeyInput { pressKey(Key.Enter) }
            val told = events.map { (it as AppEvent.Search).event }
            assertEquals(SearchEvent.OpenRoom("!1"), told[2])
            assertEquals("1", (told[1] as SearchEvent.OpenMessage).hit.key)
            assertEquals<SearchEvent>(SearchEvent.First, told[3])
        }
    }

    @Test
    fun `another device is signed out with the password, this one is not offered`() =
        on(pane(Pane.Devices(devices))) {
            onAllNodesWithText(StringsEn.thisDevice).assertCountEquals(1)
            onNodeWithContentDescription(StringsEn.signOutDevice("Phone of the shift")).performClick()
            stage = pane(Pane.Devices(devices.copy(leaving = devices.devices!![1])))
            onNodeWithText(StringsEn.signOut).assertIsNotEnabled()
            stage = pane(Pane.Devices(devices.copy(leaving = devices.devices!![1], password = "golden-hour")))
            onNodeWithText(StringsEn.signOut).performClick()
            val expected = listOf(DevicesEvent.AskSignOut(devices.devices!![1]), DevicesEvent.SignOut)
            assertEquals<List<AppEvent>>(expected.map { AppEvent.Devices(it) }, events)
        }

    @Test
    fun `settings change the looks and the language, and ask before everything is gone`() =
        on(pane(Pane.Settings(settings))) {
            onNodeWithText(StringsEn.lookNight).performScrollTo().performClick()
            onNodeWithText("Ελληνικά").performScrollTo().performClick()
            onNodeWithText(StringsEn.wipe).performScrollTo().performClick()
            stage = pane(Pane.Settings(settings.copy(asking = Farewell.WIPE)))
            onNodeWithText("2 messages were not sent yet and are lost.", substring = true).assertIsDisplayed()
            onNodeWithText(StringsEn.wipeConfirm).performClick()
            val expected =
                listOf(
                    SettingsEvent.Look(Appearance.NIGHT),
                    SettingsEvent.Language("el"),
                    SettingsEvent.Ask(Farewell.WIPE),
                    SettingsEvent.Confirm(Farewell.WIPE),
                )
            assertEquals<List<AppEvent>>(expected.map { AppEvent.Settings(it) }, events)
        }

    @Test
    fun `signs are compared wherever the officer is, and say so in words`() =
        on(Stage.Main(rooms, verifying = verifying)) {
            onNodeWithText("Spanner").assertIsDisplayed()
            onNodeWithText(StringsEn.verifySame).performScrollTo().performClick()
            onNodeWithText(StringsEn.verifyDiffer).performScrollTo().performClick()
            stage = Stage.Main(rooms, Pane.Settings(settings), verifying = verifying.copy(step = VerifyStep.Asked))
            onNodeWithText(StringsEn.verifyBegin).performScrollTo().performClick()
            onNodeWithText(StringsEn.verifyDecline).performScrollTo().performClick()
            stage = Stage.Main(rooms, verifying = coding)
            onNodeWithContentDescription(StringsEn.verifyCodeShown).performScrollTo().assertIsDisplayed()
            onNodeWithText(StringsEn.verifyScanPicture).performScrollTo().performClick()
            onNodeWithText(StringsEn.verifyBySigns).performScrollTo().performClick()
            stage = Stage.Main(rooms, verifying = coding.copy(camera = true))
            onNodeWithText(StringsEn.verifyScan).performScrollTo().assertIsDisplayed()
            stage = Stage.Main(rooms, verifying = verifying.copy(step = VerifyStep.Scanned))
            onNodeWithText(StringsEn.verifyScannedYes).performScrollTo().performClick()
            onNodeWithText(StringsEn.verifyScannedNo).performScrollTo().performClick()
            stage = Stage.Main(rooms, verifying = verifying.copy(step = VerifyStep.Ended(Ending.MISMATCH)))
            onNodeWithText(StringsEn.verifyMismatch).assertIsDisplayed()
            val coded = listOf(VerifyEvent.Scan, VerifyEvent.BySigns, VerifyEvent.Same, VerifyEvent.Differ)
            val told = listOf(VerifyEvent.Same, VerifyEvent.Differ, VerifyEvent.Begin, VerifyEvent.Close) + coded
            assertEquals<List<AppEvent>>(told.map { AppEvent.Verify(it) }, events)
        }

    @Test
    fun `other keys are asked about before they are taken`() =
        on(pane(Pane.Details(details))) {
            val changed = details.members!!.single { it.trust == Trust.CHANGED }
            onNodeWithText(StringsEn.keysChanged).assertIsDisplayed()
            onNodeWithText(StringsEn.takeChange).performScrollTo().performClick()
            stage = pane(Pane.Details(details.copy(taking = changed)))
            onNodeWithText(StringsEn.takeChangeText).assertIsDisplayed()
            val told = listOf(DetailsEvent.AskTake(changed))
            assertEquals<List<AppEvent>>(told.map { AppEvent.Details(it) }, events)
        }

    @Test
    fun `a recovery key is shown, and typed from the paper`() =
        on(pane(Pane.Recovery(recovery.copy(step = RecoveryStep.Show(recoveryKey))))) {
            onNodeWithTag("key").assertTextContains(recoveryKey.last())
            onNodeWithText(StringsEn.recoveryWritten).performClick()
            stage = pane(Pane.Recovery(recovery.copy(step = RecoveryStep.Check())))
            onNodeWithText(StringsEn.recoveryConfirm).assertIsNotEnabled()
            onAllNodesWithText(recoveryKey.last()).assertCountEquals(0)
            stage = pane(Pane.Recovery(recovery.copy(step = RecoveryStep.Check("x", wrong = true))))
            onNodeWithText(StringsEn.recoveryLastGroupWrong).assertIsDisplayed()
            onNodeWithText(StringsEn.recoveryShowAgain).performClick()
            val told = listOf(RecoveryEvent.Written, RecoveryEvent.ShowAgain)
            assertEquals<List<AppEvent>>(told.map { AppEvent.Recovery(it) }, events)
        }
}
