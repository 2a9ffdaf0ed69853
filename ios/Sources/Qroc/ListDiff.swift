/// One step from the list that a screen shows to the list that is stored. Steps are applied in order; an index counts
/// in the list as the steps before left it.
public enum ListDiff<Item: Sendable>: Sendable {
    /// The whole list is this.
    case reset([Item])
    /// An item is put in and stands at `at` then.
    case insert(Item, at: Int)
    /// What stands at `at` has changed to this.
    case set(Item, at: Int)
    /// What stood at `at` is gone.
    case remove(at: Int)
}

extension ListDiff: Equatable where Item: Equatable {}

extension Array where Element: Sendable {
    /// Applies a batch of steps.
    public mutating func apply(_ steps: [ListDiff<Element>]) {
        for step in steps {
            switch step {
            case .reset(let items): self = items
            case .insert(let item, let index): insert(item, at: index)
            case .set(let item, let index): self[index] = item
            case .remove(let index): remove(at: index)
            }
        }
    }
}
