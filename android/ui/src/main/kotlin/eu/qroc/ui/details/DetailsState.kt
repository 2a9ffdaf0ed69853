package eu.qroc.ui.details

import androidx.compose.runtime.Immutable
import eu.qroc.ui.verify.Trust

/** What the screen about one room shows. */
@Immutable
data class DetailsState(
    val roomId: String,
    val name: String,
    val topic: String = "",
    val encrypted: Boolean = true,
    /** Nothing while they are read. */
    val members: List<MemberRow>? = null,
    val person: String = "",
    val personProblem: Boolean = false,
    val working: Boolean = false,
    val error: String? = null,
    val done: String? = null,
    val leaving: Boolean = false,
    val removing: MemberRow? = null,
    /** Whose changed keys are about to be taken as they are. */
    val taking: MemberRow? = null,
)

@Immutable
data class MemberRow(
    val id: String,
    val name: String,
    val own: Boolean = false,
    val invited: Boolean = false,
    val leads: Boolean = false,
    /** Whether this officer may remove them. */
    val removable: Boolean = false,
    /** What is believed of them; nothing of oneself. */
    val trust: Trust? = null,
)

/** What an officer does there. */
sealed interface DetailsEvent {
    data object Back : DetailsEvent

    data object Reload : DetailsEvent

    data class Person(
        val text: String,
    ) : DetailsEvent

    data object Invite : DetailsEvent

    data object AskLeave : DetailsEvent

    data object Leave : DetailsEvent

    data class AskRemove(
        val member: MemberRow,
    ) : DetailsEvent

    data class Remove(
        val member: MemberRow,
    ) : DetailsEvent

    data object Stay : DetailsEvent

    data class Compare(
        val member: MemberRow,
    ) : DetailsEvent

    data class AskTake(
        val member: MemberRow,
    ) : DetailsEvent

    data class Take(
        val member: MemberRow,
    ) : DetailsEvent
}
