package eu.qroc.ui.shell

import eu.qroc.bridge.QrocException
import eu.qroc.ui.Strings

/** What an error is called in the officer's language. */
fun Strings.of(error: QrocException): String = error(error.textKey) ?: error("error_${error.code}") ?: errorInternal

/** What the queue's word for a failure is called in the officer's language. */
fun Strings.reason(word: String): String =
    when (word) {
        "network" -> errorServerUnreachable
        "unanswered" -> reasonUnanswered
        "locked", "expired", "suspended" -> errorAccountHeld
        "left_room" -> errorNotAMember
        "room_gone" -> errorRoomNotFound
        "not_encrypted" -> errorRoomNotEncrypted
        "too_large" -> errorFileTooLarge
        "needs" -> reasonNeeds
        "rate_limited" -> errorRateLimited
        "signed_out" -> errorNotSignedIn
        "forbidden" -> errorRefusedByServer
        "policy" -> errorPolicy
        "not_found" -> errorNotFound
        "bad_input" -> errorBadInput
        "bad_file" -> errorBadFile
        "in_use" -> errorProfileInUse
        "storage" -> errorStorage
        "bad_server" -> errorServerUnusable
        "cancelled" -> errorCancelled
        else -> error("error_$word") ?: errorInternal
    }

/** A user id without its server: how a person is called until a name is known. */
internal fun localName(userId: String): String = userId.removePrefix("@").substringBefore(':').ifEmpty { userId }

/** Makes `@name:server` of what was typed; nothing where it cannot be one. */
internal fun userId(
    typed: String,
    own: String,
): String? {
    val text = typed.trim()
    val full =
        when {
            text.startsWith("@") && text.contains(':') -> text
            text.contains(':') || text.contains('@') -> return null
            else -> "@$text:${own.substringAfter(':')}"
        }
    return full.takeIf { USER.matches(it) }
}

private val USER = Regex("@[a-z0-9._=/+-]+:[A-Za-z0-9.\\[\\]:-]+")
