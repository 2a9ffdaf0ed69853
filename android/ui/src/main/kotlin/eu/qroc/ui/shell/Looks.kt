package eu.qroc.ui.shell

import androidx.compose.runtime.Immutable
import eu.qroc.ui.Strings
import eu.qroc.ui.StringsEn
import eu.qroc.ui.stringsByLanguage
import eu.qroc.ui.theme.Appearance
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import java.util.Locale

/** Appearance and language; kept on the device. */
@Immutable
data class LooksState(
    val appearance: Appearance = Appearance.SYSTEM,
    /** Nothing for the system's. */
    val language: String? = null,
)

/** Holds and keeps how the application looks. */
class Looks(
    private val surroundings: Surroundings,
) {
    private val shown = MutableStateFlow(read(surroundings.loadSettings()))
    private val texts = MutableStateFlow(textsFor(shown.value.language))

    val state: StateFlow<LooksState> get() = shown

    /** The texts of the language. */
    val strings: StateFlow<Strings> get() = texts

    /** Chooses how bright it is. */
    fun appearance(appearance: Appearance) = change(shown.value.copy(appearance = appearance))

    /** Chooses the language; nothing for the system's. */
    fun language(language: String?) = change(shown.value.copy(language = language))

    private fun change(state: LooksState) {
        shown.value = state
        texts.value = textsFor(state.language)
        surroundings.saveSettings(
            mapOf("appearance" to state.appearance.name.lowercase(), "language" to state.language.orEmpty()),
        )
    }

    private fun read(settings: Map<String, String>) =
        LooksState(
            Appearance.entries.firstOrNull { it.name.equals(settings["appearance"], ignoreCase = true) }
                ?: Appearance.SYSTEM,
            settings["language"]?.takeIf { it in stringsByLanguage },
        )

    private fun textsFor(language: String?): Strings =
        stringsByLanguage[language ?: Locale.getDefault().language] ?: StringsEn
}
