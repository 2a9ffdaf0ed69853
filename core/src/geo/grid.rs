//! Coordinates as people speak and type them: decimal, degrees with minutes and seconds, UTM, MGRS, Plus Codes.

use geoconvert::{LatLon, Mgrs, UtmUps};
use thiserror::Error;

use super::Place;

/// In which form a place was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `38.7071, -9.1355`.
    Decimal,
    /// `38°42'25.6"N 9°08'07.8"W`, or without seconds.
    Degrees,
    /// `29S 488221 4284316`.
    Utm,
    /// `29S MD 88221 84316`.
    Mgrs,
    /// `8CCGPV47+R2`.
    PlusCode,
    /// `geo:38.7071,-9.1355`.
    Uri,
}

impl Form {
    /// Returns the word that scripts see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decimal => "decimal",
            Self::Degrees => "degrees",
            Self::Utm => "utm",
            Self::Mgrs => "mgrs",
            Self::PlusCode => "plus_code",
            Self::Uri => "uri",
        }
    }
}

/// Says why a text is no place.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum GridError {
    /// None of the forms.
    #[error("{0:?} is none of: LAT,LON in degrees, 38°42'25\"N 9°08'07\"W, UTM, MGRS, a full Plus Code")]
    Unknown(String),
    /// One of the forms, but nowhere.
    #[error("{0:?} is not a place on the earth")]
    Nowhere(String),
    /// A Plus Code that needs a town beside it.
    #[error("{0:?} is a short Plus Code: it needs its first four characters")]
    Short(String),
}

/// No place is written longer than this, in bytes.
const LONGEST: usize = 200;

/// Reads a place in any of the forms.
///
/// # Errors
/// `GridError`.
pub fn read(text: &str) -> Result<(Place, Form), GridError> {
    let text = text.trim();
    let unknown = || GridError::Unknown(text.chars().take(LONGEST).collect());
    if text.len() > LONGEST {
        return Err(unknown());
    }
    if text.starts_with("geo:") {
        return Place::from_uri(text).map(|place| (place, Form::Uri)).ok_or_else(unknown);
    }
    if let Some(found) = plus_code(text) {
        return found.map(|place| (place, Form::PlusCode));
    }
    if let Some(found) = mgrs(text) {
        return found.map(|place| (place, Form::Mgrs));
    }
    if let Some(found) = utm(text) {
        return found.map(|place| (place, Form::Utm));
    }
    let (lat, lon, form) = degrees(text).ok_or_else(unknown)?;
    let place = Place::new(lat, lon, None).ok_or_else(|| GridError::Nowhere(text.to_owned()))?;
    Ok((place, form))
}

fn nowhere(text: &str) -> GridError {
    GridError::Nowhere(text.to_owned())
}

fn plus_code(text: &str) -> Option<Result<Place, GridError>> {
    const ALPHABET: &str = "23456789CFGHJMPQRVWX0+";
    let code = text.to_ascii_uppercase();
    let looks = code.contains('+') && code.len() >= 4 && code.chars().all(|letter| ALPHABET.contains(letter));
    if !looks || !code.is_ascii() {
        return None;
    }
    if open_location_code::is_short(&code) {
        return Some(Err(GridError::Short(text.to_owned())));
    }
    // The crate refuses what is no code, but trusts the first digits of one to be on the earth.
    if !open_location_code::is_full(&code) {
        return None;
    }
    let area = open_location_code::decode(&code).ok()?;
    Some(Place::new(area.center.y(), area.center.x(), None).ok_or_else(|| nowhere(text)))
}

fn mgrs(text: &str) -> Option<Result<Place, GridError>> {
    let code: String =
        text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let digits = code.chars().take_while(char::is_ascii_digit).count();
    let letters = code.chars().skip(digits).take_while(char::is_ascii_alphabetic).count();
    let rest = code.chars().skip(digits.saturating_add(letters));
    let polar = digits == 0;
    let precise = rest.clone().count();
    let looks = digits <= 2
        && letters == 3
        && rest.clone().all(|letter| letter.is_ascii_digit())
        && (2..=10).contains(&precise)
        && precise.is_multiple_of(2)
        && code.chars().nth(digits).is_some_and(|band| "ABYZ".contains(band) == polar);
    if !looks {
        return None;
    }
    let found =
        Mgrs::parse_str(&code).map_err(|_| nowhere(text)).and_then(|mgrs| on_earth(mgrs.to_latlon(), text));
    Some(found)
}

fn on_earth(place: LatLon, text: &str) -> Result<Place, GridError> {
    Place::new(place.latitude(), place.longitude(), None).ok_or_else(|| nowhere(text))
}

fn utm(text: &str) -> Option<Result<Place, GridError>> {
    let upper = text.to_ascii_uppercase().replace([',', ';'], " ");
    let zone_digits = upper.chars().take_while(char::is_ascii_digit).count();
    let zone: i32 =
        upper.get(..zone_digits).filter(|digits| !digits.is_empty() && digits.len() <= 2)?.parse().ok()?;
    let rest = upper.get(zone_digits..)?.trim_start();
    let letters = rest.chars().take_while(char::is_ascii_alphabetic).count();
    let (word, rest) = (rest.get(..letters)?, rest.get(letters..)?);
    let north = match word {
        "NORTH" => true,
        "SOUTH" => false,
        // A single letter is the band of latitude, as on maps: S is the north of the Mediterranean, not the south.
        band if band.len() == 1 && "CDEFGHJKLM".contains(band) => false,
        band if band.len() == 1 && "NPQRSTUVWX".contains(band) => true,
        _ => return None,
    };
    let metres = |word: &str| {
        word.trim_end_matches(|letter: char| letter.is_ascii_alphabetic())
            .parse::<f64>()
            .ok()
            .filter(|metres| metres.is_finite())
    };
    let mut numbers = rest.split_whitespace().map(metres);
    let (easting, northing) = (numbers.next()??, numbers.next()??);
    if numbers.next().is_some() {
        return None;
    }
    let found = UtmUps::create(zone, north, easting, northing)
        .map_err(|_| nowhere(text))
        .and_then(|utm| on_earth(utm.to_latlon(), text));
    Some(found)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    Number(f64, bool),
    Hemisphere(char),
    Comma,
}

/// Reads two angles, each of one to three numbers.
fn degrees(text: &str) -> Option<(f64, f64, Form)> {
    let tokens = tokens(text)?;
    let letters: Vec<char> = tokens
        .iter()
        .filter_map(|token| if let Token::Hemisphere(letter) = token { Some(*letter) } else { None })
        .collect();
    let (first, second) = halves(&tokens, letters.len())?;
    let (mut lat, mut lon) = (angle(&first)?, angle(&second)?);
    let plain = first.len() == 1 && second.len() == 1;
    match letters.as_slice() {
        [] => {}
        [north @ ('N' | 'S'), east @ ('E' | 'W')] => {
            (lat, lon) = (signed(lat, *north)?, signed(lon, *east)?);
        }
        [east @ ('E' | 'W'), north @ ('N' | 'S')] => {
            (lat, lon) = (signed(lon, *north)?, signed(lat, *east)?);
        }
        _ => return None,
    }
    Some((lat, lon, if plain { Form::Decimal } else { Form::Degrees }))
}

/// A letter says which side of zero: a minus beside it says nothing that could be trusted.
fn signed(angle: f64, hemisphere: char) -> Option<f64> {
    if angle < 0.0 {
        return None;
    }
    Some(if matches!(hemisphere, 'S' | 'W') { -angle } else { angle })
}

type Numbers = Vec<(f64, bool)>;

fn halves(tokens: &[Token], letters: usize) -> Option<(Numbers, Numbers)> {
    let numbers = |part: &[Token]| -> Numbers {
        part.iter()
            .filter_map(
                |token| if let Token::Number(value, minus) = token { Some((*value, *minus)) } else { None },
            )
            .collect()
    };
    let cut = match letters {
        0 => {
            let mut commas = tokens.iter().enumerate().filter(|(_, token)| **token == Token::Comma);
            match (commas.next(), commas.next()) {
                (Some((comma, _)), None) => comma,
                (None, None) => tokens.len() / 2,
                _ => return None,
            }
        }
        2 => {
            let is_letter = |token: &Token| matches!(token, Token::Hemisphere(_));
            if tokens.last().is_some_and(is_letter) {
                tokens.iter().position(is_letter)?.saturating_add(1)
            } else if tokens.first().is_some_and(is_letter) {
                tokens.iter().rposition(is_letter)?
            } else {
                return None;
            }
        }
        _ => return None,
    };
    let (first, second) = (numbers(tokens.get(..cut)?), numbers(tokens.get(cut..)?));
    (first.len() == second.len()).then_some((first, second))
}

fn angle(numbers: &[(f64, bool)]) -> Option<f64> {
    let (whole, minus) = *numbers.first()?;
    let rest = numbers.get(1..)?;
    if rest.len() > 2 || rest.iter().any(|(part, minus)| *minus || *part >= 60.0) {
        return None;
    }
    // Only the smallest part may have decimals.
    let parts = numbers.len().saturating_sub(1);
    if numbers.iter().take(parts).any(|(part, _)| part.fract() != 0.0) {
        return None;
    }
    let mut angle = whole;
    let mut unit = 60.0;
    for (part, _) in rest {
        angle += part / unit;
        unit *= 60.0;
    }
    Some(if minus { -angle } else { angle })
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let text = with_points(text);
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '0'..='9' | '-' | '−' | '+' | '.' => {
                let mut number = if letter == '−' { '-' } else { letter }.to_string();
                while let Some(next) = letters.next_if(|next| next.is_ascii_digit() || *next == '.') {
                    number.push(next);
                }
                let value: f64 = number.parse().ok()?;
                tokens.push(Token::Number(value.abs(), number.starts_with('-')));
            }
            ',' | ';' | '/' => tokens.push(Token::Comma),
            'N' | 'S' | 'E' | 'W' | 'n' | 's' | 'e' | 'w' => {
                tokens.push(Token::Hemisphere(letter.to_ascii_uppercase()));
            }
            '°' | 'º' | '˚' | '\'' | '′' | '’' | '"' | '″' | '”' | ':' => {}
            letter if letter.is_whitespace() => {}
            _ => return None,
        }
    }
    // With letters the comma says nothing more.
    if tokens.iter().any(|token| matches!(token, Token::Hemisphere(_))) {
        tokens.retain(|token| *token != Token::Comma);
    }
    Some(tokens)
}

/// Half of Europe writes 38,7071 -9,1355.
fn with_points(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let decimal = |at: &usize| {
        let digit = |position: Option<usize>| {
            position.and_then(|position| letters.get(position)).is_some_and(char::is_ascii_digit)
        };
        letters.get(*at) == Some(&',') && digit(at.checked_sub(1)) && digit(at.checked_add(1))
    };
    let commas = (0..letters.len()).filter(decimal).count();
    if commas != 2 || text.contains('.') {
        return text.to_owned();
    }
    letters.iter().enumerate().map(|(at, letter)| if decimal(&at) { '.' } else { *letter }).collect()
}

/// Writes a place as MGRS, to a metre.
pub fn to_mgrs(place: Place) -> Option<String> {
    let place = LatLon::create(place.lat, place.lon).ok()?;
    Some(place.to_mgrs(5).to_string())
}

/// Writes a place as degrees, minutes and seconds, to a tenth of a second.
pub fn to_degrees(place: Place) -> String {
    let part = |angle: f64, [plus, minus]: [char; 2]| {
        let tenths = (angle.abs() * 36_000.0).round();
        let (degrees, rest) = ((tenths / 36_000.0).floor(), tenths.rem_euclid(36_000.0));
        let (minutes, seconds) = ((rest / 600.0).floor(), rest.rem_euclid(600.0) / 10.0);
        format!("{degrees:.0}°{minutes:02.0}'{seconds:04.1}\"{}", if angle < 0.0 { minus } else { plus })
    };
    format!("{} {}", part(place.lat, ['N', 'S']), part(place.lon, ['E', 'W']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Form, GridError, read, to_degrees, to_mgrs};
    use crate::geo::Place;
    use crate::geo::earth::distance_m;

    #[test]
    fn the_same_place_in_every_form() {
        let harbour = Place::new(38.707_1, -9.135_49, None).expect("on earth");
        for (text, form, off) in [
            ("38.7071,-9.13549", Form::Decimal, 0.2),
            (" 38.7071 -9.13549 ", Form::Decimal, 0.2),
            ("38,7071; -9,13549", Form::Decimal, 0.2),
            ("38,7071 -9,13549", Form::Decimal, 0.2),
            ("38.7071N, 9.13549W", Form::Decimal, 0.2),
            ("38.7071 / −9.13549", Form::Decimal, 0.2),
            ("W 9.13549 N 38.7071", Form::Decimal, 0.2),
            ("38°42'25.6\"N 9°8'7.8\"W", Form::Degrees, 3.0),
            ("N38° 42′ 25,6″ W9° 8′ 7,8″", Form::Degrees, 3.0),
            ("38 42.426 N 9 08.129 W", Form::Degrees, 3.0),
            ("38 42 25.6 -9 8 7.8", Form::Degrees, 3.0),
            ("geo:38.7071,-9.13549;u=12", Form::Uri, 0.2),
            ("29S 488220 4284283", Form::Utm, 20.0),
            ("29 north 488220mE 4284283mN", Form::Utm, 20.0),
            ("29SMC8822084283", Form::Mgrs, 20.0),
            ("29S MC 88220 84283", Form::Mgrs, 20.0),
            ("8CCGPV47+RR", Form::PlusCode, 20.0),
        ] {
            let (place, found) = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let away = distance_m(place, harbour);
            assert!(away <= off, "{text}: {place:?} is {away} m off");
            assert_eq!(found, form, "{text}");
        }
    }

    #[test]
    fn all_quarters_and_both_poles() {
        for (lat, lon) in [
            (-33.924_87, 18.424_05),
            (64.146, -21.942),
            (-54.8, -68.3),
            (1.29, 103.85),
            (89.5, 12.0),
            (-89.5, -170.0),
        ] {
            let place = Place::new(lat, lon, None).expect("on earth");
            for text in [to_degrees(place), to_mgrs(place).expect("mgrs")] {
                let (again, _) = read(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
                assert!(distance_m(place, again) < 3.0, "{text}: {again:?}");
            }
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            "harbour",
            "38.7",
            "1,2,3",
            "38°75'N 9°W",
            "-38.7N 9W",
            "38.7N 9.1N",
            "60S 1 2 3",
            "38.5°42'N 9°08'W",
        ] {
            assert!(matches!(read(text), Err(GridError::Unknown(_))), "{text}: {:?}", read(text));
        }
        for text in ["91,0", "0,181", "29S ZZ 00000 00000", "99S 488220 4284283"] {
            assert!(matches!(read(text), Err(GridError::Nowhere(_))), "{text}: {:?}", read(text));
        }
        assert!(matches!(read("PV47+RR"), Err(GridError::Short(_))));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9A-Za-z+.,°' -]{0,24}", wild in any::<String>()) {
            let _ = read(&text);
            let _ = read(&wild);
        }

        #[test]
        fn codes_do_not_panic(zone in 0_u8..70, letters in "[A-Z]{3}", digits in "([0-9]{2}){0,5}", plus in "[2-9CFGHJMPQRVWX0]{2,8}\\+[2-9CFGHJMPQRVWX]{0,7}", e in any::<i32>(), n in any::<i32>()) {
            let _ = read(&format!("{zone}{letters}{digits}"));
            let _ = read(&format!("{letters}{digits}"));
            let _ = read(&plus);
            let band: String = letters.chars().take(1).collect();
            let _ = read(&format!("{zone}{band} {e} {n}"));
        }
    }
}
