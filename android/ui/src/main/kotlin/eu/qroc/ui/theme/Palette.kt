package eu.qroc.ui.theme

import androidx.compose.runtime.Immutable
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.lerp

/** What an organisation may change about the looks. */
@Immutable
data class Branding(
    val name: String,
    val accent: Color = Color(0xFF1F5FA8),
)

/** How the application looks; night is dim and red, so that eyes stay used to the dark. */
enum class Appearance { SYSTEM, LIGHT, DARK, NIGHT }

/**
 * Colours by meaning. Surfaces are blue-grey; there is one accent; red is for what is lost for good, amber for what
 * waits or is not verified, green for what is verified or has arrived.
 */
@Immutable
data class Palette(
    val light: Boolean,
    val background: Color,
    val surface: Color,
    val raised: Color,
    val line: Color,
    val body: Color,
    val secondary: Color,
    val accent: Color,
    val onAccent: Color,
    val own: Color,
    val onOwn: Color,
    val other: Color,
    val onOther: Color,
    val selected: Color,
    val danger: Color,
    val onDanger: Color,
    val waiting: Color,
    val verified: Color,
    val ground: GroundColours,
) {
    /** Everything that text is written on. */
    val surfaces: List<Color> get() = listOf(background, surface, raised, own, other, selected)
}

/** Colours of the map below the officers: quieter than anything that stands on it. */
@Immutable
data class GroundColours(
    val land: Color,
    val green: Color,
    val water: Color,
    val building: Color,
    val street: Color,
    val motorway: Color,
    val edge: Color,
    val path: Color,
    val rail: Color,
    val border: Color,
    val name: Color,
    val waterName: Color,
    /** Around a name. */
    val rim: Color,
)

private val lightGround =
    GroundColours(
        land = Color(0xFFF3F0E8),
        green = Color(0xFFD5E7C9),
        water = Color(0xFFB4D3E8),
        building = Color(0xFFE2DACF),
        street = Color(0xFFFFFFFF),
        motorway = Color(0xFFF6D58D),
        edge = Color(0xFFC3BBB0),
        path = Color(0xFFCDC2B3),
        rail = Color(0xFF8F98A0),
        border = Color(0xFF857699),
        name = Color(0xFF2C3339),
        waterName = Color(0xFF1D4D73),
        rim = Color(0xFFF8F6F1),
    )

private val darkGround =
    GroundColours(
        land = Color(0xFF161B20),
        green = Color(0xFF17251A),
        water = Color(0xFF0E2A3D),
        building = Color(0xFF242B32),
        street = Color(0xFF3C464F),
        motorway = Color(0xFF6A5A34),
        edge = Color(0xFF0D1114),
        path = Color(0xFF39434B),
        rail = Color(0xFF55606A),
        border = Color(0xFF786A8C),
        name = Color(0xFFC9D2DA),
        waterName = Color(0xFF8FBAD8),
        rim = Color(0xFF0D1114),
    )

private val nightGround =
    GroundColours(
        land = Color(0xFF0D0403),
        green = Color(0xFF140805),
        water = Color(0xFF240A07),
        building = Color(0xFF1B0907),
        street = Color(0xFF3F1712),
        motorway = Color(0xFF5E2512),
        edge = Color(0xFF070101),
        path = Color(0xFF3A1611),
        rail = Color(0xFF4A1F18),
        border = Color(0xFF6B2B20),
        name = Color(0xFFD87565),
        waterName = Color(0xFFC7654F),
        rim = Color(0xFF070101),
    )

private const val BODY = 7.0
private const val OTHER = 4.6

/** The colours of one appearance, with the accent made readable on them. */
fun palette(
    appearance: Appearance,
    branding: Branding,
): Palette =
    when (appearance) {
        Appearance.LIGHT, Appearance.SYSTEM -> light(branding.accent)
        Appearance.DARK -> dark(branding.accent)
        Appearance.NIGHT -> night()
    }

private fun light(accent: Color): Palette {
    val background = Color(0xFFF2F5F8)
    val surface = Color(0xFFFFFFFF)
    val raised = Color(0xFFE6EBF0)
    val own = lerp(surface, accent, 0.14f)
    val selected = lerp(surface, accent, 0.10f)
    val all = listOf(background, surface, raised, own, selected)
    val shown = readable(accent, all, OTHER)
    return Palette(
        light = true,
        background = background,
        surface = surface,
        raised = raised,
        line = Color(0xFFC5CED6),
        body = Color(0xFF10171D),
        secondary = readable(Color(0xFF47545F), all, OTHER),
        accent = shown,
        onAccent = Color.White,
        own = own,
        onOwn = readable(Color(0xFF10171D), listOf(own), BODY),
        other = surface,
        onOther = Color(0xFF10171D),
        selected = selected,
        danger = readable(Color(0xFFB3261E), all, OTHER),
        onDanger = Color.White,
        waiting = readable(Color(0xFF8A5300), all, OTHER),
        verified = readable(Color(0xFF1B6B3A), all, OTHER),
        ground = lightGround,
    )
}

private fun dark(accent: Color): Palette {
    val background = Color(0xFF0E1317)
    val surface = Color(0xFF151B21)
    val raised = Color(0xFF212A32)
    val own = tinted(surface, accent, most = 0.38f, Color(0xFFE7ECF1))
    val selected = tinted(surface, accent, most = 0.22f, Color(0xFFE7ECF1))
    val all = listOf(background, surface, raised, own, selected)
    val shown = readable(accent, all, OTHER)
    return Palette(
        light = false,
        background = background,
        surface = surface,
        raised = raised,
        line = Color(0xFF3A4650),
        body = readable(Color(0xFFE7ECF1), all, BODY),
        secondary = readable(Color(0xFFB9C4CE), all, OTHER),
        accent = shown,
        onAccent = Color(0xFF0E1317),
        own = own,
        onOwn = readable(Color(0xFFF2F5F8), listOf(own), BODY),
        other = raised,
        onOther = readable(Color(0xFFE7ECF1), listOf(raised), BODY),
        selected = selected,
        danger = readable(Color(0xFFFFB4AB), all, OTHER),
        onDanger = Color(0xFF3B0906),
        waiting = readable(Color(0xFFFFC766), all, OTHER),
        verified = readable(Color(0xFF7EDB9C), all, OTHER),
        ground = darkGround,
    )
}

/** A surface with as much of the accent as leaves body text on it readable. */
private fun tinted(
    surface: Color,
    accent: Color,
    most: Float,
    ink: Color,
): Color =
    (0..STEPS)
        .map { lerp(surface, accent, most * (STEPS - it) / STEPS) }
        .first { contrast(ink, it) >= BODY }

private const val STEPS = 20

private fun night(): Palette {
    val background = Color(0xFF080201)
    val surface = Color(0xFF100504)
    val raised = Color(0xFF1C0A08)
    val own = Color(0xFF2B0D0A)
    val all = listOf(background, surface, raised, own)
    return Palette(
        light = false,
        background = background,
        surface = surface,
        raised = raised,
        line = Color(0xFF4A201A),
        body = Color(0xFFF98B78),
        secondary = Color(0xFFD87565),
        accent = Color(0xFFF2705C),
        onAccent = Color(0xFF140302),
        own = own,
        onOwn = Color(0xFFF98B78),
        other = raised,
        onOther = Color(0xFFF98B78),
        selected = Color(0xFF240B08),
        danger = readable(Color(0xFFFF5A48), all, OTHER),
        onDanger = Color(0xFF140302),
        waiting = Color(0xFFF09A4A),
        verified = Color(0xFFC99A78),
        ground = nightGround,
    )
}
