package eu.qroc.ui

import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertCountEquals
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsFocused
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.assertTextContains
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performKeyInput
import androidx.compose.ui.test.performScrollToIndex
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.pressKey
import androidx.compose.ui.test.runComposeUiTest
import androidx.compose.ui.test.runSkikoComposeUiTest
import androidx.compose.ui.test.withKeyDown
import eu.qroc.ui.composer.ComposerEvent
import eu.qroc.ui.composer.ComposerMode
import eu.qroc.ui.composer.ComposerState
import eu.qroc.ui.composer.PositionDraft
import eu.qroc.ui.timeline.Body
import eu.qroc.ui.timeline.Message
import eu.qroc.ui.timeline.SendState
import eu.qroc.ui.timeline.TimelineEvent
import eu.qroc.ui.timeline.TimelineState
import eu.qroc.ui.timeline.TimelineView
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** The timeline and the bar below it. */
@OptIn(ExperimentalTestApi::class)
class TimelineTest {
    private val events = mutableListOf<TimelineEvent>()
    private var state by mutableStateOf(timeline)

    private fun on(
        first: TimelineState,
        story: ComposeUiTest.() -> Unit,
    ) = runComposeUiTest {
        state = first
        setContent {
            Showing.plain.Theme {
                TimelineView(state, {
                    if (it !is TimelineEvent.Reading) events += it
                    val typed = (it as? TimelineEvent.Compose)?.event as? ComposerEvent.Text
                    if (typed != null) state = state.copy(composer = state.composer.copy(text = typed.text))
                })
            }
        }
        story()
    }

    private val composed get() = events.filterIsInstance<TimelineEvent.Compose>().map { it.event }

    @Test
    fun `typing enables sending, Enter sends, Shift and Enter begin a line`() =
        on(timeline) {
            onNodeWithContentDescription(StringsEn.send).assertIsNotEnabled()
            onNodeWithTag("message").performTextInput("On my")
            onNodeWithTag("message").performTextInput(" way")
            onNodeWithTag("message").assertTextContains("On my way")
            onNodeWithTag("message").performKeyInput { withKeyDown(Key.ShiftLeft) { pressKey(Key.Enter) } }
            onNodeWithTag("message").performTextInput("now")
            onNodeWithTag("message").assertTextContains("On my way\nnow")
            assertTrue(ComposerEvent.Send !in composed)
            onNodeWithTag("message").performKeyInput { pressKey(Key.Enter) }
            assertEquals<ComposerEvent>(ComposerEvent.Send, composed.last())
        }

    @Test
    fun `while a call for help is open one can write on a small screen, however large the text`() =
        runSkikoComposeUiTest(Size(Showing.small.width.toFloat(), Showing.small.height.toFloat())) {
            mainClock.autoAdvance = false
            setContent { Showing.small.Theme { scenes.single { it.name == "timeline-help" }.Content() } }
            repeat(3) { mainClock.advanceTimeByFrame() }
            for (part in listOf(onNodeWithTag("message"), onNodeWithContentDescription(StringsQps.send))) {
                val bounds = part.fetchSemanticsNode().boundsInRoot
                assertTrue(bounds.height >= 48 && bounds.bottom <= Showing.small.height, "$bounds")
            }
            onNodeWithText(StringsQps.iAmSafe).assertIsDisplayed()
        }

    @Test
    fun `the text to be changed is in the field, with the keyboard`() =
        on(timeline) {
            val composer = ComposerState("White van at pier three", ComposerMode.Edit("White van at pier three"))
            state = timeline.copy(composer = composer)
            onNodeWithTag("message").assertTextContains("White van at pier three").assertIsFocused()
            onNodeWithTag("message").performKeyInput { pressKey(Key.Backspace) }
            assertEquals<ComposerEvent>(ComposerEvent.Text("White van at pier thre"), composed.last())
        }

    @Test
    fun `a message opens its actions`() =
        on(timeline) {
            onNode(hasText("Which entrance?") and hasClickAction()).performClick()
            val opened = events.filterIsInstance<TimelineEvent.Open>().single().message
            state = timeline.copy(opened = opened)
            onNodeWithText(StringsEn.reply).performClick()
            onNodeWithText(StringsEn.copy).performClick()
            onNodeWithContentDescription(StringsEn.reactWith("👍")).performClick()
            onAllNodesWithText(StringsEn.edit).assertCountEquals(0)
            onAllNodesWithText(StringsEn.remove).assertCountEquals(0)
            assertTrue(TimelineEvent.Reply(opened) in events)
            assertTrue(TimelineEvent.Copy("Which entrance?") in events)
            assertTrue(TimelineEvent.React(opened, "👍") in events)
        }

    @Test
    fun `an own message says who has seen it and can be changed and removed`() {
        val own = talk.filterIsInstance<Message>().first { it.own && it.seenBy.isNotEmpty() }
        on(timeline.copy(opened = own)) {
            onNodeWithText(StringsEn.seenBy(madrid)).assertIsDisplayed()
            onNodeWithText(StringsEn.edit).performClick()
            onNodeWithText(StringsEn.remove).performClick()
            state = timeline.copy(removing = own)
            onNodeWithText(StringsEn.removeConfirm).performClick()
            val told = events.filter { it !is TimelineEvent.SeenNewest && it !is TimelineEvent.Older }
            assertEquals(listOf(TimelineEvent.Edit(own), TimelineEvent.AskRemove(own), TimelineEvent.Remove(own)), told)
        }
    }

    @Test
    fun `what was not sent says why, and is tried again or given up`() =
        on(timeline.copy(entries = trouble)) {
            val failed = trouble.filterIsInstance<Message>().first { it.state == SendState.FAILED }
            onNodeWithText(failed.failure!!).assertIsDisplayed()
            onNodeWithText(StringsEn.tryAgain).performClick()
            onNodeWithText(StringsEn.cancelSending).performClick()
            assertTrue(TimelineEvent.Retry(failed) in events && TimelineEvent.Cancel(failed) in events)
        }

    @Test
    fun `a photo asks to be fetched when it is on the screen, opens when it is there, and can be tried again`() {
        val waiting = message("", body = Body.Picture("new.jpg", 1000), key = "waiting")
        on(timeline.copy(entries = entries(waiting) + media)) {
            assertTrue(TimelineEvent.Appeared("waiting") in events)
            val failed = media.filterIsInstance<Message>()[3]
            onNodeWithTag("timeline").performScrollToIndex(4)
            onNodeWithContentDescription(StringsEn.tryAgain).performClick()
            assertTrue(TimelineEvent.Appeared(failed.key) in events)
            onNodeWithTag("timeline").performScrollToIndex(6)
            onNodeWithContentDescription(StringsEn.photoFrom(madrid)).performClick()
            assertEquals(1, events.filterIsInstance<TimelineEvent.View>().size)
        }
    }

    @Test
    fun `a position is sent when it is a place`() =
        on(timeline.copy(composer = ComposerState(position = PositionDraft("91, 181")))) {
            onNodeWithText(StringsEn.coordinatesHint).assertIsDisplayed()
            val send = hasText(StringsEn.send) and hasClickAction()
            onNode(send).assertIsNotEnabled()
            state = timeline.copy(composer = ComposerState(position = PositionDraft("38.7071, -9.1355")))
            onNodeWithText("38° 42.426′ N  9° 08.130′ W").assertIsDisplayed()
            onNode(send).performClick()
            assertEquals<ComposerEvent>(ComposerEvent.SendPosition, composed.last())
        }

    @Test
    fun `a photo shows its size before and after, and what is taken out`() =
        on((scenes.first { it.name == "timeline-photo" }.stage as eu.qroc.ui.shell.Stage.Main).timeline()) {
            onNodeWithText("3.4 MB, sent as 412 kB").assertIsDisplayed()
            onNodeWithText(StringsEn.cleaned).assertIsDisplayed()
            onNode(hasText(StringsEn.send) and hasClickAction()).performClick()
            onNodeWithText(StringsEn.cancel).performClick()
            assertEquals(listOf(ComposerEvent.SendAttachment, ComposerEvent.DropAttachment), composed)
        }

    private fun eu.qroc.ui.shell.Stage.Main.timeline() = (pane as eu.qroc.ui.shell.Pane.Room).state

    @Test
    fun `of ten thousand messages only those on the screen are built, and older ones are asked for at the end`() {
        val many = (1..10_000).map { message("Unit $it reports", ago = it * 1000L, key = "m$it") }
        val entries = entries(*many.reversed().toTypedArray())
        on(timeline.copy(entries = entries)) {
            assertTrue(TimelineEvent.SeenNewest in events)
            assertTrue(TimelineEvent.Older !in events)
            assertTrue(onAllNodesWithText("reports", substring = true).fetchSemanticsNodes().size < 40)
            onNodeWithTag("timeline").performScrollToIndex(entries.size)
            onNodeWithText("Unit 10000 reports", substring = true).assertIsDisplayed()
            assertEquals(1, events.count { it == TimelineEvent.Older })
            onNodeWithContentDescription(StringsEn.toNewest).performClick()
            onNodeWithText("Unit 1 reports", substring = true).assertIsDisplayed()
        }
    }

    @Test
    fun `a new message moves nobody who reads older ones`() {
        val many = (1..200).map { message("Unit $it reports", ago = it * 1000L, key = "m$it") }.reversed()
        on(timeline.copy(entries = entries(*many.toTypedArray()))) {
            onNodeWithTag("timeline").performScrollToIndex(100)
            onNodeWithText("Unit 101 reports", substring = true).assertIsDisplayed()
            val more = many + message("Unit 0 reports", ago = 0, key = "m0")
            state = timeline.copy(entries = entries(*more.toTypedArray()))
            onNodeWithText("Unit 101 reports", substring = true).assertIsDisplayed()
            val own = more + message("Mine", ago = 0, own = true, key = "mine", state = SendState.QUEUED)
            state = timeline.copy(entries = entries(*own.toTypedArray()))
            onNodeWithText("Mine", substring = true).assertIsDisplayed()
        }
    }
}
