package eu.qroc.ui.policy

import androidx.compose.runtime.Immutable

/** What the organisation manages. */
@Immutable
data class PolicyState(
    /** Nothing while they are read. */
    val groups: List<RuleGroup>? = null,
)

/** Rules about one thing. */
@Immutable
data class RuleGroup(
    val title: String,
    val rules: List<Rule>,
)

/** A rule in words. */
@Immutable
data class Rule(
    val key: String,
    val title: String,
    val description: String,
    val value: String,
    /** Who says so, in words. */
    val source: String,
    /** Why it does not hold. */
    val problem: String? = null,
)

/** What an officer does there. */
sealed interface PolicyEvent {
    data object Back : PolicyEvent
}
