//! Which of two values is the stricter one. Everything but `top` is a meeting of two values from which neither gets
//! looser: the order in which sources come does not matter.

use super::form;
use super::key::{Definition, Merge};
use super::value::{List, Value, normal};

/// Makes one value of two: never looser than either.
pub fn stricter(definition: &Definition, one: &Value, other: &Value) -> Value {
    match (definition.merge, one, other) {
        (Merge::Or, Value::Flag(one), Value::Flag(other)) => Value::Flag(*one || *other),
        (Merge::And, Value::Flag(one), Value::Flag(other)) => Value::Flag(*one && *other),
        (Merge::Min, _, _) => pick(definition, one, other, std::cmp::Ordering::Less),
        (Merge::Max | Merge::Stricter, _, _) => pick(definition, one, other, std::cmp::Ordering::Greater),
        (Merge::Meet, Value::List(one), Value::List(other)) => Value::List(meet(one, other)),
        (Merge::Join, Value::List(one), Value::List(other)) => Value::List(join(one, other)),
        // The rank decides about these, not the value.
        (Merge::Top | Merge::Or | Merge::And | Merge::Meet | Merge::Join, _, _) => one.clone(),
    }
}

/// Says whether a value allows something that `bound` does not. Of a `top` key nothing is looser than anything.
pub fn is_looser(definition: &Definition, value: Option<&Value>, bound: &Value) -> bool {
    match (definition.merge, value) {
        (Merge::Top, _) => false,
        (_, None) => true,
        (_, Some(value)) => stricter(definition, value, bound) != *value,
    }
}

fn pick(definition: &Definition, one: &Value, other: &Value, wanted: std::cmp::Ordering) -> Value {
    let order = match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => form::version(one).cmp(&form::version(other)),
        _ => one.place(definition).cmp(&other.place(definition)),
    };
    if order == wanted { one.clone() } else { other.clone() }
}

fn meet(one: &List, other: &List) -> List {
    match (one, other) {
        (List::All, list) | (list, List::All) => list.clone(),
        (List::Only(one), List::Only(other)) => {
            let within = |items: &[String], bounds: &[String]| -> Vec<String> {
                let inside = |item: &&String| bounds.iter().any(|bound| form::covers(bound, item));
                items.iter().filter(inside).cloned().collect()
            };
            List::Only(normal(Merge::Meet, [within(one, other), within(other, one)].concat()))
        }
    }
}

fn join(one: &List, other: &List) -> List {
    match (one, other) {
        (List::All, _) | (_, List::All) => List::All,
        (List::Only(one), List::Only(other)) => {
            List::Only(normal(Merge::Join, [one.as_slice(), other.as_slice()].concat()))
        }
    }
}
