package eu.qroc.ui.policy

import eu.qroc.bridge.PolicyLine
import eu.qroc.bridge.PolicyState as Standing
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.quietly
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** Tells what the organisation has set, as it changes. */
class PolicyPresenter(
    private val session: Session,
    private val scope: CoroutineScope,
) {
    private val shown = MutableStateFlow(PolicyState())

    val state: StateFlow<PolicyState> get() = shown

    /** Begins to read. */
    fun start() {
        scope.launch {
            quietly {
                read()
                session.client.policyChanges.collect { read() }
            }
        }
    }

    private suspend fun read() {
        val groups = withContext(Dispatchers.Default) { groups(session.client.policy(), PolicyWords.of(session.strings)) }
        shown.update { it.copy(groups = groups) }
    }
}

/** Rules that somebody has set, under the names of what they are about; what holds by default is nobody's rule. */
internal fun groups(
    lines: List<PolicyLine>,
    words: PolicyWords,
): List<RuleGroup> =
    lines
        .filter { it.state != Standing.BUILT_IN }
        .groupBy { it.key.substringBefore('.') }
        .map { (category, rules) ->
            RuleGroup(
                words.category(category),
                rules.map { line ->
                    Rule(
                        key = line.key,
                        title = words.title(line.key),
                        description = words.description(line.key),
                        value = words.value(line.value),
                        source = words.source(line.source),
                        problem = line.reason,
                    )
                },
            )
        }
