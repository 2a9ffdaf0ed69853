import QrocKit
import SwiftUI

/// Makes a room.
struct NewRoomView: View {
    let state: NewRoomState
    let on: @MainActor (NewRoomEvent) -> Void
    @Environment(\.forbidden) private var forbidden
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        Form {
            Section {
                Picker(strings.newRoom, selection: Binding(get: { state.direct }, set: { on(.direct($0)) })) {
                    Text(strings.kindGroup).tag(false)
                    Text(strings.kindDirect).tag(true)
                }
                .pickerStyle(.segmented)
                .accessibilityIdentifier("newroom.kind")
            }
            if !state.direct {
                Section {
                    TextField(strings.roomName, text: typed(state.name) { on(.name($0)) })
                        .accessibilityIdentifier("newroom.name")
                } footer: {
                    Text(strings.roomNameHint)
                }
            }
            people
            Section {
                Label(strings.alwaysEncrypted, systemImage: "lock").foregroundStyle(palette.verified.color)
                if let error = state.error { ErrorNote(text: error) }
                if let why = forbidden[.createRoom] {
                    Label(why, systemImage: "lock").foregroundStyle(palette.secondary.color)
                        .accessibilityIdentifier("newroom.forbidden")
                }
                MainButton(
                    title: state.direct ? strings.startChat : strings.createRoom, identifier: "newroom.create",
                    working: state.working ? strings.loading : nil, enabled: isReady
                ) { on(.create) }
            }
        }
        .titled(strings.newRoom)
        .accessibilityIdentifier("newroom")
    }

    private var isReady: Bool {
        let isTyped = state.direct && state.people.isEmpty && !state.person.isEmpty
        return (state.complete || isTyped) && forbidden[.createRoom] == nil
    }

    private var people: some View {
        Section {
            ForEach(state.people, id: \.self) { person in
                HStack {
                    Text(person)
                    Spacer()
                    Button {
                        on(.removePerson(person))
                    } label: {
                        Image(systemName: "minus.circle")
                    }
                    .buttonStyle(.borderless)
                    .frame(minWidth: 44, minHeight: 44)
                    .accessibilityLabel(strings.removePerson(person))
                    .accessibilityIdentifier("newroom.remove")
                }
            }
            if !state.direct || state.people.isEmpty {
                TextField(strings.person, text: typed(state.person) { on(.person($0)) })
                    .codeField(.person)
                    .submitLabel(.done)
                    .onSubmit { on(.addPerson) }
                    .accessibilityIdentifier("newroom.person")
                Button(strings.addPerson, systemImage: "plus") { on(.addPerson) }
                    .disabled(state.person.isEmpty)
                    .accessibilityIdentifier("newroom.add")
            }
        } header: {
            Text(state.direct ? strings.person : strings.people)
        } footer: {
            Text(state.personProblem ? strings.personWrong : strings.personHint)
        }
    }
}
