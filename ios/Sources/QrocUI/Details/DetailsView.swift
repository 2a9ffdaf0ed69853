import QrocKit
import SwiftUI

/// Who is in a room.
struct DetailsView: View {
    let state: DetailsState
    let on: @MainActor (DetailsEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        List {
            Section {
                Text(state.name).font(.title2)
                if !state.topic.isEmpty { Text(state.topic).font(.body).foregroundStyle(palette.secondary.color) }
                Label(
                    state.encrypted ? strings.encryptedRoom : strings.notEncryptedLong,
                    systemImage: state.encrypted ? "lock" : "lock.open"
                )
                .foregroundStyle(state.encrypted ? palette.verified.color : palette.danger.color)
                if let error = state.error { ErrorNote(text: error) { on(.reload) } }
                if let done = state.done {
                    Chip(text: done, symbol: "checkmark.circle", color: palette.verified.color)
                }
            }
            Section(strings.members) {
                if let members = state.members {
                    ForEach(members) { member in row(member) }
                } else if state.error == nil {
                    Skeleton(rows: 3)
                }
            }
            invite
            Section {
                Button(strings.leaveRoom, systemImage: "rectangle.portrait.and.arrow.right", role: .destructive) {
                    on(.askLeave)
                }
                .disabled(state.working)
                .accessibilityIdentifier("details.leave")
            }
        }
        .titled(strings.roomDetails)
        .alert(strings.leaveTitle(state.name), isPresented: open(state.leaving) { on(.stay) }) {
            Button(strings.leaveConfirm, role: .destructive) { on(.leave) }
                .accessibilityIdentifier("details.leave.confirm")
            Button(strings.cancel, role: .cancel) { on(.stay) }
        } message: {
            Text(strings.leaveText)
        }
        .alert(kickTitle, isPresented: open(state.removing != nil) { on(.stay) }) {
            Button(strings.kickConfirm, role: .destructive) {
                if let member = state.removing { on(.remove(member)) }
            }
            .accessibilityIdentifier("details.remove.confirm")
            Button(strings.cancel, role: .cancel) { on(.stay) }
        } message: {
            Text(strings.kickText)
        }
        .takeQuestion(state.taking?.name, strings) {
            if let member = state.taking { on(.take(member)) }
        } keep: {
            on(.stay)
        }
        .accessibilityIdentifier("details")
    }

    private var kickTitle: String { strings.kickTitle(state.removing?.name ?? "", state.name) }

    private func row(_ member: MemberRow) -> some View {
        HStack(spacing: 12) {
            Avatar(name: member.name, symbol: nil)
            VStack(alignment: .leading, spacing: 2) {
                Text(member.own ? strings.youNamed(member.name) : member.name).font(.body)
                Text(standing(member)).font(.footnote).foregroundStyle(palette.secondary.color)
                if let trust = member.trust {
                    TrustChip(trust: trust)
                    trusting(member, trust)
                }
            }
            Spacer()
        }
        .accessibilityElement(children: .contain)
        .swipeActions(edge: .trailing, allowsFullSwipe: false) {
            if member.removable { remove(member) }
        }
        .contextMenu { if member.removable { remove(member) } }
        .accessibilityIdentifier("member.\(member.id)")
    }

    @ViewBuilder private func trusting(_ member: MemberRow, _ trust: Trust) -> some View {
        if trust != .verified {
            HStack(spacing: 16) {
                Button(strings.compare) { on(.compare(member)) }.accessibilityIdentifier("member.compare")
                if trust == .changed {
                    Button(strings.takeChange) { on(.askTake(member)) }.accessibilityIdentifier("member.take")
                }
            }
            .buttonStyle(.borderless)
            .frame(minHeight: 44)
        }
    }

    private func remove(_ member: MemberRow) -> some View {
        Button(strings.removeMember(member.name), systemImage: "person.badge.minus", role: .destructive) {
            on(.askRemove(member))
        }
        .disabled(state.working)
        .accessibilityIdentifier("member.remove")
    }

    private func standing(_ member: MemberRow) -> String {
        let parts = [
            member.id, member.leads ? strings.leads : nil, member.invited ? strings.notJoinedYet : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: " · ")
    }

    private var invite: some View {
        Section {
            TextField(strings.person, text: typed(state.person) { on(.person($0)) })
                .codeField(.person)
                .submitLabel(.done)
                .onSubmit { on(.invite) }
                .accessibilityIdentifier("details.person")
            Button(strings.invite, systemImage: "person.badge.plus") { on(.invite) }
                .disabled(state.working || state.person.isEmpty)
                .accessibilityIdentifier("details.invite")
        } header: {
            Text(strings.invitePerson)
        } footer: {
            Text(state.personProblem ? strings.personWrong : strings.personHint)
        }
    }
}
