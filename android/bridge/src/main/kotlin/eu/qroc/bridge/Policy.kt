package eu.qroc.bridge

import eu.qroc.bridge.generated.ManagedConfig as GeneratedManagedConfig
import eu.qroc.bridge.generated.ManagedValue as GeneratedManagedValue
import eu.qroc.bridge.generated.PolicyAction as GeneratedPolicyAction
import eu.qroc.bridge.generated.PolicyChange as GeneratedPolicyChange
import eu.qroc.bridge.generated.PolicyDecision as GeneratedPolicyDecision
import eu.qroc.bridge.generated.PolicyLine as GeneratedPolicyLine
import eu.qroc.bridge.generated.PolicyState as GeneratedPolicyState
import eu.qroc.bridge.generated.PolicyValue as GeneratedPolicyValue

/** The value of a key of the policy. */
public sealed interface PolicyValue {
    /** True or false. */
    public data class Flag(
        public val flag: Boolean,
    ) : PolicyValue

    /** A number; none is negative. */
    public data class Number(
        public val number: Long,
    ) : PolicyValue

    /** A text, or one of the key's words. */
    public data class Text(
        public val text: String,
    ) : PolicyValue

    /** A list. Everything is the text `all`. */
    public data class Items(
        public val items: List<String>,
    ) : PolicyValue
}

/**
 * What the device's management says: managed configuration, as the platform found it.
 *
 * @property values all that it says, by key; `null`: it says nothing any more.
 * @property administrator which one, where there can be several.
 */
public data class ManagedConfig(
    public val values: Map<String, PolicyValue>?,
    public val administrator: String = "",
)

/** What became of what sources said about a key. */
public enum class PolicyState {
    /** Nobody said anything. */
    BUILT_IN,

    /** It holds. */
    APPLIED,

    /** Another source is stricter, or the key is not known here. */
    IGNORED,

    /** It cannot be read. */
    FAULTY,
}

/**
 * What holds for a key.
 *
 * @property key its name, dotted.
 * @property value its value; without one it is unset.
 * @property source who says so: `default`, `user`, `mdm`, `bundle`, or several with a `+`.
 * @property locked whether the user cannot change it.
 * @property state what became of what was said.
 * @property reason why it is not applied; in English, for an administrator.
 */
public data class PolicyLine(
    public val key: String,
    public val value: PolicyValue?,
    public val source: String,
    public val locked: Boolean,
    public val state: PolicyState,
    public val reason: String?,
)

/**
 * A key that has changed.
 *
 * @property key its name, dotted.
 * @property before what it was.
 * @property value what it is.
 * @property source who says so.
 */
public data class PolicyChange(
    public val key: String,
    public val before: PolicyValue?,
    public val value: PolicyValue?,
    public val source: String,
)

/** What a screen is about to offer or to do. */
public sealed interface PolicyAction {
    /** Send a file of this MIME type and length. */
    public data class SendFile(
        public val mime: String,
        public val bytes: Long,
    ) : PolicyAction

    /** Send a voice message that lasts so many seconds. */
    public data class SendVoice(
        public val seconds: Long,
    ) : PolicyAction

    /** Put a received file where other programs find it. */
    public data object Save : PolicyAction

    /** Open a received file with another program. */
    public data object OpenExternal : PolicyAction

    /** Write messages out of the database. */
    public data object Export : PolicyAction

    /** Print. */
    public data object Print : PolicyAction

    /** Show contents while the system may take pictures of the screen. */
    public data object Screenshot : PolicyAction

    /** Copy a text; [inside] where it stays within the application. */
    public data class Copy(
        public val inside: Boolean,
    ) : PolicyAction

    /** Send a received message on; [foreign] where somebody there is of another network. */
    public data class Forward(
        public val foreign: Boolean,
    ) : PolicyAction

    /** Send one position. */
    public data object SendPosition : PolicyAction

    /** Share positions for so many minutes; without them, without an end. */
    public data class SharePosition(
        public val minutes: Long?,
    ) : PolicyAction

    /** Make a room. */
    public data object CreateRoom : PolicyAction

    /** Make a room in which few send to many. */
    public data object CreateBroadcast : PolicyAction

    /** Call, with pictures, with more than two. */
    public data class Call(
        public val video: Boolean,
        public val group: Boolean,
    ) : PolicyAction

    /** Tell others what was read. */
    public data object SendReceipt : PolicyAction

    /** Tell others that one writes. */
    public data object SendTyping : PolicyAction

    /** Send the log to somebody. */
    public data object ExportLog : PolicyAction
}

/**
 * Whether something may be done, and who says so.
 *
 * @property allowed the answer.
 * @property key the key that decided.
 * @property source who set it.
 * @property value its value.
 * @property needed what would be allowed instead; in English, for an administrator.
 */
public data class PolicyDecision(
    public val allowed: Boolean,
    public val key: String,
    public val source: String,
    public val value: PolicyValue?,
    public val needed: String?,
)

internal fun ManagedConfig.toGenerated(): GeneratedManagedConfig =
    GeneratedManagedConfig(administrator, values?.map { (key, value) -> GeneratedManagedValue(key, value.toGenerated()) })

private fun PolicyValue.toGenerated(): GeneratedPolicyValue =
    when (this) {
        is PolicyValue.Flag -> GeneratedPolicyValue.Flag(flag)
        is PolicyValue.Number -> GeneratedPolicyValue.Number(number.coerceAtLeast(0).toULong())
        is PolicyValue.Text -> GeneratedPolicyValue.Text(text)
        is PolicyValue.Items -> GeneratedPolicyValue.Items(items)
    }

private fun GeneratedPolicyValue.toBridge(): PolicyValue =
    when (this) {
        is GeneratedPolicyValue.Flag -> PolicyValue.Flag(flag)
        is GeneratedPolicyValue.Number -> PolicyValue.Number(number.coerceAtMost(Long.MAX_VALUE.toULong()).toLong())
        is GeneratedPolicyValue.Text -> PolicyValue.Text(text)
        is GeneratedPolicyValue.Items -> PolicyValue.Items(items)
    }

internal fun GeneratedPolicyLine.toBridge(): PolicyLine =
    PolicyLine(
        key = key,
        value = value?.toBridge(),
        source = source,
        locked = locked,
        state =
            when (state) {
                GeneratedPolicyState.BUILT_IN -> PolicyState.BUILT_IN
                GeneratedPolicyState.APPLIED -> PolicyState.APPLIED
                GeneratedPolicyState.IGNORED -> PolicyState.IGNORED
                GeneratedPolicyState.FAULTY -> PolicyState.FAULTY
            },
        reason = reason,
    )

internal fun GeneratedPolicyChange.toBridge(): PolicyChange =
    PolicyChange(key = key, before = before?.toBridge(), value = value?.toBridge(), source = source)

internal fun GeneratedPolicyDecision.toBridge(): PolicyDecision =
    PolicyDecision(allowed = allowed, key = key, source = source, value = value?.toBridge(), needed = needed)

internal fun PolicyAction.toGenerated(): GeneratedPolicyAction =
    when (this) {
        is PolicyAction.SendFile -> GeneratedPolicyAction.SendFile(mime, bytes.coerceAtLeast(0).toULong())
        is PolicyAction.SendVoice -> GeneratedPolicyAction.SendVoice(seconds.coerceAtLeast(0).toULong())
        is PolicyAction.Save -> GeneratedPolicyAction.Save
        is PolicyAction.OpenExternal -> GeneratedPolicyAction.OpenExternal
        is PolicyAction.Export -> GeneratedPolicyAction.Export
        is PolicyAction.Print -> GeneratedPolicyAction.Print
        is PolicyAction.Screenshot -> GeneratedPolicyAction.Screenshot
        is PolicyAction.Copy -> GeneratedPolicyAction.Copy(inside)
        is PolicyAction.Forward -> GeneratedPolicyAction.Forward(foreign)
        is PolicyAction.SendPosition -> GeneratedPolicyAction.SendPosition
        is PolicyAction.SharePosition -> GeneratedPolicyAction.SharePosition(minutes?.coerceAtLeast(0)?.toULong())
        is PolicyAction.CreateRoom -> GeneratedPolicyAction.CreateRoom
        is PolicyAction.CreateBroadcast -> GeneratedPolicyAction.CreateBroadcast
        is PolicyAction.Call -> GeneratedPolicyAction.Call(video, group)
        is PolicyAction.SendReceipt -> GeneratedPolicyAction.SendReceipt
        is PolicyAction.SendTyping -> GeneratedPolicyAction.SendTyping
        is PolicyAction.ExportLog -> GeneratedPolicyAction.ExportLog
    }
