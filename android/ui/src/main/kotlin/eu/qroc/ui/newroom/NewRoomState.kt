package eu.qroc.ui.newroom

import androidx.compose.runtime.Immutable

/** What the screen for a new room shows. */
@Immutable
data class NewRoomState(
    val name: String = "",
    /** Whether it is between two people. */
    val direct: Boolean = false,
    /** The name that is being typed. */
    val person: String = "",
    val people: List<String> = emptyList(),
    val personProblem: Boolean = false,
    val working: Boolean = false,
    val error: String? = null,
) {
    val complete: Boolean
        get() = if (direct) people.size == 1 else name.isNotBlank()
}

/** What an officer does there. */
sealed interface NewRoomEvent {
    data class Name(
        val text: String,
    ) : NewRoomEvent

    data class Direct(
        val direct: Boolean,
    ) : NewRoomEvent

    data class Person(
        val text: String,
    ) : NewRoomEvent

    data object AddPerson : NewRoomEvent

    data class RemovePerson(
        val id: String,
    ) : NewRoomEvent

    data object Create : NewRoomEvent

    data object Back : NewRoomEvent
}
