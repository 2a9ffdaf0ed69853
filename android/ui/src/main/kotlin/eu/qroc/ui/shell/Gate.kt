package eu.qroc.ui.shell

import androidx.compose.runtime.staticCompositionLocalOf
import eu.qroc.bridge.Client
import eu.qroc.bridge.PolicyAction
import eu.qroc.ui.Strings
import eu.qroc.ui.policy.PolicyWords

/** What a policy may forbid and a screen offers. The core asks again when it is done. */
enum class Gate(
    internal val action: PolicyAction,
) {
    SAVE(PolicyAction.Save),
    COPY(PolicyAction.Copy(inside = false)),
    FORWARD(PolicyAction.Forward(foreign = false)),
    SEND_POSITION(PolicyAction.SendPosition),
    SHARE_POSITION(PolicyAction.SharePosition(1)),
    SEND_PHOTO(PolicyAction.SendFile("image/jpeg", 1)),
    SEND_FILE(PolicyAction.SendFile("application/pdf", 1)),
    SEND_VOICE(PolicyAction.SendVoice(1)),
    CREATE_ROOM(PolicyAction.CreateRoom),
}

/** Why something cannot be done now, in a sentence; what may be done is not in it. */
val LocalForbidden = staticCompositionLocalOf<Map<Gate, String>> { emptyMap() }

/** Asks the policy. */
internal fun whatIsForbidden(
    client: Client,
    strings: Strings,
): Map<Gate, String> {
    val words = PolicyWords.of(strings)
    val answers = Gate.entries.map { it to client.explain(it.action) }.filter { (_, answer) -> !answer.allowed }
    return answers.associate { (gate, answer) ->
        gate to strings.forbiddenBecause(words.title(answer.key), words.value(answer.value), words.source(answer.source))
    }
}
