use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::super::*;
use super::{admin, layer, layer_after};

/// A value that the key takes.
fn good(key: Key) -> BoxedStrategy<Json> {
    let texts = |form: Form| -> BoxedStrategy<String> {
        let options: &'static [&'static str] = match form {
            Form::Plain => &["a", "b c", "d"],
            Form::Url => &["https://a.example", "https://b.example/x", "http://127.0.0.1:8008"],
            Form::Origin => &["https://a.example", "https://b.example:8443"],
            Form::Host => &["a.example", "10.0.0.1:53"],
            Form::Server => &["a.example", "*.example", "*.b.example", "x.b.example", "other.test"],
            Form::User => &["@a:a.example", "@b:b.example", "@c:c.example"],
            Form::Login => &["lisbon", "@madrid:a.example"],
            Form::Color => &["#00ff00", "#0000FF"],
            Form::Version => &["1", "1.2", "1.10.0", "14", "2.0.1.7"],
            Form::Hours => &["22:00-06:00", "00:00-23:59"],
            Form::Mime => {
                &["image/*", "image/png", "image/jpeg", "text/plain", "application/*", "executables"]
            }
            Form::Language => &["el", "pt-BR", "de"],
            Form::Key => &[
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
            ],
            Form::Pem => &[
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
                "-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----",
            ],
        };
        proptest::sample::select(options).prop_map(str::to_owned).boxed()
    };
    match key.definition().kind {
        Type::Flag => any::<bool>().prop_map(|flag| json!(flag)).boxed(),
        Type::Number { least, most, .. } => (least..=most.min(least + 20)).prop_map(|n| json!(n)).boxed(),
        Type::Choice(words) => proptest::sample::select(words).prop_map(|word| json!(word)).boxed(),
        Type::Text(form) => texts(form).prop_map(|text| json!(text)).boxed(),
        Type::List(form) => prop_oneof![
            1 => Just(json!("all")),
            6 => proptest::collection::vec(texts(form), 0..4).prop_map(|list| json!(list)),
        ]
        .boxed(),
    }
}

/// What one source says: some keys, all of them with values that they take.
fn document() -> impl Strategy<Value = BTreeMap<&'static str, Json>> {
    let pair = proptest::sample::select(Key::ALL).prop_flat_map(|key| (Just(key.name()), good(key)));
    proptest::collection::vec(pair, 0..40).prop_map(|pairs| pairs.into_iter().collect())
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![Just(Source::bundle()), proptest::sample::select(&["", "a", "b"]).prop_map(admin),]
}

fn some_layer() -> impl Strategy<Value = Layer> {
    (source(), document()).prop_map(|(source, said)| layer(source, &json!(said)))
}

/// Anything at all, hardly ever of use.
fn junk() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,40}".prop_map(Json::from),
        "[\\[{\"a-z*/:.,-]{0,20}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            proptest::collection::btree_map(".{0,8}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn merged(layer: &Layer) -> Merged {
    Merged::of(layer)
}

/// Every source's limit holds in the whole. Keys of which the strongest source wins are exempt.
fn is_bounded_by(holds: &Policy, layer: &Layer) -> Result<(), TestCaseError> {
    for (key, bound) in &layer.values {
        let looser = is_looser(key.definition(), holds.value(*key), bound);
        prop_assert!(
            !looser,
            "{} is {:?}, but {} says {bound:?}",
            key.name(),
            holds.value(*key),
            layer.source
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_sources_does_not_matter(a in some_layer(), b in some_layer(), c in some_layer()) {
        let (a, b, c) = (merged(&a), merged(&b), merged(&c));
        prop_assert_eq!(a.clone().with(&b), b.clone().with(&a));
        prop_assert_eq!(a.clone().with(&b).with(&c), a.clone().with(&b.clone().with(&c)));
        prop_assert_eq!(a.clone().with(&a), a.clone());
        let whole = a.with(&b).with(&c);
        prop_assert_eq!(whole.clone().with(&b), whole);
    }

    #[test]
    fn the_whole_is_never_looser_than_any_source(layers in proptest::collection::vec(some_layer(), 1..4)) {
        let holds = Policy::resolve(&Merged::all(&layers), &Choices::new(), &Choices::new());
        for layer in &layers {
            is_bounded_by(&holds, layer)?;
        }
    }

    #[test]
    fn nothing_that_is_said_panics_or_gives_a_value_out_of_bounds(
        name in proptest::sample::select(Key::ALL), said in junk(), text in ".{0,60}",
    ) {
        let _ = parse(&text);
        let _ = nearest(&text);
        let _ = Action::parse(&text);
        if let Reading::Value(value) = read(name.definition(), &said) {
            // What was understood is understood again, as the same.
            let again = serde_json::to_value(&value).unwrap();
            prop_assert_eq!(read(name.definition(), &again), Reading::Value(value.clone()));
            if let (Value::Number(number), Type::Number { least, most, .. }) = (&value, name.definition().kind) {
                prop_assert!((least..=most).contains(number));
            }
        }
        let holds = super::policy(&[layer(Source::mdm(), &json!({ name.name(): said, text: 1 }))]);
        prop_assert_eq!(holds.entries().len(), Key::ALL.len());
    }

    #[test]
    fn what_is_malformed_changes_nothing(
        good in document(), spoilt in proptest::collection::btree_map(proptest::sample::select(Key::ALL), junk(), 0..20),
    ) {
        let before = layer(Source::mdm(), &json!(good));
        let mut said = good.clone();
        let mut expected = before.values.clone();
        for (key, junk) in &spoilt {
            said.insert(key.name(), junk.clone());
            match read(key.definition(), junk) {
                Reading::Value(value) => { expected.insert(*key, value); }
                Reading::Unset => { expected.remove(key); }
                Reading::Malformed(_) => {}
            }
        }
        let after = layer_after(Source::mdm(), &json!(said), Some(&before));
        prop_assert_eq!(&after.values, &expected);
        for (key, junk) in &spoilt {
            if let Reading::Malformed(_) = read(key.definition(), junk) {
                prop_assert!(after.notes.iter().any(|note| note.key == key.name() && note.state == State::Error));
            }
        }
    }

    #[test]
    fn a_malformed_first_value_is_as_strict_as_none(key in proptest::sample::select(Key::ALL), said in junk()) {
        prop_assume!(matches!(read(key.definition(), &said), Reading::Malformed(_)));
        let spoilt = super::managed(&json!({ key.name(): said }));
        prop_assert_eq!(spoilt, super::managed(&json!({})));
    }

    #[test]
    fn unset_is_no_number(good in document()) {
        let said = layer(Source::mdm(), &json!(good));
        let silent = layer(admin("silent"), &json!({}));
        let both = Merged::all([&said, &silent]);
        for key in Key::ALL {
            prop_assert_eq!(both.value(*key), said.values.get(key));
            if matches!(key.definition().default, Initial::Unset) && !said.values.contains_key(key) {
                let holds = Policy::resolve(&both, &Choices::new(), &Choices::new());
                prop_assert_eq!(holds.value(*key), None);
            }
        }
    }
}
