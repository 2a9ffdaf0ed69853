import QrocKit
import SwiftUI

/// The organisation's rules, in words.
struct PolicyView: View {
    let state: PolicyState
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        List {
            if let groups = state.groups {
                if groups.isEmpty {
                    EmptyNote(
                        symbol: "checkmark.shield", title: strings.policyEmptyTitle, text: strings.policyEmptyText)
                }
                ForEach(groups) { group in
                    Section(group.title) { ForEach(group.rules) { rule in row(rule) } }
                }
            } else {
                Skeleton(rows: 4)
            }
        }
        .titled(strings.policyTitle)
        .accessibilityIdentifier("policy")
    }

    private func row(_ rule: Rule) -> some View {
        VStack(alignment: .leading, spacing: 4) {
            HStack(alignment: .firstTextBaseline) {
                Text(rule.title).font(.headline)
                Spacer()
                Text(rule.value).font(.body).foregroundStyle(palette.accent.color)
            }
            Text(rule.description).font(.subheadline).foregroundStyle(palette.secondary.color)
            Text(rule.source).font(.footnote).foregroundStyle(palette.secondary.color)
            if let problem = rule.problem {
                Chip(text: problem, symbol: "exclamationmark.triangle", color: palette.waiting.color)
            }
        }
        .accessibilityElement(children: .combine)
        .accessibilityIdentifier("rule.\(rule.key)")
    }
}
