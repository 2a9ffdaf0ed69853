package eu.qroc.ui.shell

import eu.qroc.bridge.Client
import eu.qroc.bridge.QrocException
import eu.qroc.ui.settings.Farewell
import eu.qroc.ui.signin.SignInPresenter
import eu.qroc.ui.signin.SignInProblem
import eu.qroc.ui.unlock.UnlockPresenter
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds
import eu.qroc.bridge.Connection as Link

/** The whole application on the real core: signed out, sealed, or signed in. */
class AppPresenter(
    private val scope: CoroutineScope,
    private val profile: Path,
    private val surroundings: Surroundings,
    val looks: Looks,
    private val accounts: Accounts = Accounts.Own(),
) {
    private val shown = MutableStateFlow<Stage>(Stage.Starting)
    private var signIn: SignInPresenter? = null
    private var unlock: UnlockPresenter? = null
    private var following: Job? = null
    private var main: MainPresenter? = null
    private var client: Client? = null
    private var leaving = false
    private var before: Whereabouts? = null
    private var target: String? = null
    private var brought: Brought? = null

    val state: StateFlow<Stage> get() = shown

    /** Looks whether somebody is signed in here; [before] is where they were when the process ended. */
    fun start(before: Whereabouts? = null) {
        this.before = before
        accounts.open?.let {
            toMain(it)
            return
        }
        scope.launch {
            val exists =
                try {
                    Client.exists(profile)
                } catch (error: QrocException) {
                    toSignIn(SignInProblem.Other(looks.strings.value.of(error)))
                    return@launch
                }
            if (exists) toUnlock() else toSignIn(null)
        }
    }

    private fun toSignIn(problem: SignInProblem?) {
        forget()
        val presenter =
            SignInPresenter(scope, profile, surroundings.deviceName, accounts, { looks.strings.value }, problem) { toMain(it, fresh = true) }
        signIn = presenter
        following = scope.launch { presenter.state.collect { shown.value = Stage.SignIn(it) } }
    }

    private fun toUnlock() {
        forget()
        val presenter =
            UnlockPresenter(scope, profile, accounts, { looks.strings.value }, { toMain(it) }) { problem ->
                accounts.gone()
                toSignIn(problem)
            }
        unlock = presenter
        // Opened without a question it is not asked for: nothing flashes up.
        following = scope.launch { presenter.state.collect { if (!it.opening) shown.value = Stage.Unlock(it) } }
        presenter.start()
    }

    private fun toMain(
        opened: Client,
        fresh: Boolean = false,
    ) {
        forget()
        client = opened
        val session = Session(opened, surroundings, scope, looks.strings)
        session.start()
        val presenter = MainPresenter(session, scope, looks) { farewell -> leave(opened, farewell) }
        main = presenter
        presenter.start()
        if (fresh) presenter.offerRecovery()
        val room = target ?: before?.roomId
        if (room != null) presenter.show(room, if (target == null) before?.eventId else null)
        before = null
        target = null
        brought?.let { presenter.bring(it) }
        brought = null
        following =
            scope.launch {
                launch { presenter.state.collect { shown.value = it } }
                launch {
                    session.link.collect { link ->
                        if (link == Link.SIGNED_OUT && !leaving) {
                            accounts.closed(opened)
                            opened.close()
                            client = null
                            accounts.gone()
                            toSignIn(SignInProblem.Other(looks.strings.value.errorSignedOut))
                        }
                    }
                }
                quietly { opened.foreground() }
            }
    }

    private suspend fun leave(
        client: Client,
        farewell: Farewell,
    ) {
        leaving = true
        accounts.closed(client)
        try {
            when (farewell) {
                Farewell.SIGN_OUT -> client.logout()
                Farewell.WIPE -> Client.wipe(profile)
            }
        } finally {
            leaving = false
        }
        this.client = null
        client.close()
        accounts.gone()
        toSignIn(null)
    }

    private fun forget() {
        main?.close()
        main = null
        signIn = null
        unlock = null
        following?.cancel()
        following = null
    }

    /** Does what the officer asks, wherever it is. */
    fun on(event: AppEvent) {
        when (event) {
            is AppEvent.SignIn -> signIn?.on(event.event)
            is AppEvent.Unlock -> unlock?.on(event.event)
            else -> main?.on(event)
        }
    }

    /** Where the officer is, for a process that is started anew. */
    fun whereabouts(): Whereabouts = main?.whereabouts() ?: before ?: Whereabouts()

    /** Opens a room that a notification names, now or once the account is open. */
    fun goTo(roomId: String) {
        val main = main
        if (main == null) target = roomId else main.show(roomId, null)
    }

    /** What another app shares: it goes to the room that is chosen next, now or once the account is open. */
    fun bring(what: Brought) {
        val main = main
        if (main == null) {
            brought?.files?.forEach(surroundings::release)
            brought = what
        } else {
            main.bring(what)
        }
    }

    /** Opens the search from anywhere. */
    fun jump() = main?.search()

    /** One step back. */
    fun back() = main?.back()

    /** A file was dropped onto the window. */
    fun drop(files: List<Path>) = main?.drop(files)

    /** Nobody looks any more, and the process may end without a word. */
    fun hidden() = main?.drafts?.leave()

    /** Sends what is queued for a moment, then closes the profile. */
    suspend fun end() {
        main?.drafts?.flush()
        forget()
        val open = client ?: return
        client = null
        accounts.closed(open)
        withTimeoutOrNull(END) {
            quietly {
                open.background(FLUSH)
                open.shutDown()
            }
        }
        open.close()
    }

    private companion object {
        val FLUSH = 3.seconds
        val END = 15.seconds
    }
}
