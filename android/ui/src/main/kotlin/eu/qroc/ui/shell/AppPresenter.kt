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
) {
    private val shown = MutableStateFlow<Stage>(Stage.Starting)
    private var signIn: SignInPresenter? = null
    private var unlock: UnlockPresenter? = null
    private var following: Job? = null
    private var main: MainPresenter? = null
    private var client: Client? = null
    private var leaving = false

    val state: StateFlow<Stage> get() = shown

    /** Looks whether somebody is signed in here. */
    fun start() {
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
            SignInPresenter(scope, profile, surroundings.deviceName, { looks.strings.value }, problem) { toMain(it) }
        signIn = presenter
        following = scope.launch { presenter.state.collect { shown.value = Stage.SignIn(it) } }
    }

    private fun toUnlock() {
        forget()
        val presenter =
            UnlockPresenter(scope, profile, { looks.strings.value }, { toMain(it) }, ::toSignIn)
        unlock = presenter
        presenter.start()
        following = scope.launch { presenter.state.collect { shown.value = Stage.Unlock(it) } }
    }

    private fun toMain(opened: Client) {
        forget()
        client = opened
        val session = Session(opened, surroundings, scope, looks.strings)
        session.start()
        val presenter = MainPresenter(session, scope, looks) { farewell -> leave(opened, farewell) }
        main = presenter
        presenter.start()
        following =
            scope.launch {
                launch { presenter.state.collect { shown.value = it } }
                launch {
                    session.link.collect { link ->
                        if (link == Link.SIGNED_OUT && !leaving) {
                            opened.close()
                            client = null
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

    /** Opens the search from anywhere. */
    fun jump() = main?.search()

    /** One step back. */
    fun back() = main?.back()

    /** A file was dropped onto the window. */
    fun drop(files: List<Path>) = main?.drop(files)

    /** Sends what is queued for a moment, then closes the profile. */
    suspend fun end() {
        forget()
        val open = client ?: return
        client = null
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
