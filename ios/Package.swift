// swift-tools-version: 6.0
import PackageDescription

// `make ios-test` fills `build`: bindings and headers from the library, and on Linux the library
// itself. For phones the library comes as an XCFramework: ../docs/mobile-builds.md.
#if os(Linux)
    let library = Context.packageDirectory + "/build/lib"
    let core: Target = .systemLibrary(name: "QrocCoreFFI", path: "build/QrocCoreFFI")
    func standIn(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
        let settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("InternalImportsByDefault")]
        return .target(name: name, dependencies: dependencies, path: "Stubs/" + name, swiftSettings: settings)
    }
    let standIn: [Target.Dependency] = ["SwiftUI", "CoreGraphics"]
    let phone: [Target.Dependency] = ["Security", "CryptoKit", "UserNotifications"]
    let standIns: [Target] = [
        standIn("SwiftUI", ["CoreGraphics", "UniformTypeIdentifiers", "UIKit"]),
        standIn("WidgetKit", ["SwiftUI"]),
        standIn("CoreGraphics"),
        standIn("ImageIO", ["CoreGraphics"]),
        standIn("Security"),
        standIn("CryptoKit", ["Security"]),
        standIn("Network"),
        standIn("UIKit"),
        standIn("CoreLocation"),
        standIn("UniformTypeIdentifiers"),
        standIn("UserNotifications"),
        standIn("PhotosUI", ["SwiftUI", "UniformTypeIdentifiers"]),
        standIn("BackgroundTasks"),
        // The app's own sources, which Xcode builds from project.yml: here their types are checked, no more.
        .target(
            name: "AppCheck",
            dependencies: [
                "QrocUI", "QrocKit", "QrocPhone", "Qroc", "SwiftUI", "CoreGraphics", "ImageIO", "Security", "CryptoKit",
                "Network",
                "UIKit", "UniformTypeIdentifiers", "PhotosUI", "BackgroundTasks", "CoreLocation",
                "UserNotifications",
            ],
            path: "App",
            exclude: ["Info.plist", "InfoPlist.xcstrings", "App.entitlements", "PrivacyInfo.xcprivacy"],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
        ),
        // So are its extensions'.
        .target(
            name: "NotificationServiceCheck",
            dependencies: ["QrocKit", "QrocPhone", "Qroc", "UserNotifications"],
            path: "NotificationService",
            exclude: ["Info.plist", "NotificationService.entitlements"],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
        ),
        .target(
            name: "ShareCheck",
            dependencies: [
                "QrocUI", "QrocKit", "QrocPhone", "Qroc", "SwiftUI", "UIKit", "UniformTypeIdentifiers",
            ],
            path: "Share",
            exclude: ["Info.plist", "Share.entitlements"],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
        ),
        .target(
            name: "WidgetCheck",
            dependencies: ["QrocStrings", "SwiftUI", "WidgetKit"],
            path: "Widget",
            exclude: ["Info.plist"],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
        ),
    ]
    let linking: [LinkerSetting] = [
        .linkedLibrary("qroc_ffi"),
        .unsafeFlags(["-L\(library)", "-Xlinker", "-rpath", "-Xlinker", library]),
    ]
#else
    let core: Target = .binaryTarget(name: "QrocCoreFFI", path: "build/QrocCoreFFI.xcframework")
    let standIns: [Target] = []
    let standIn: [Target.Dependency] = []
    let phone: [Target.Dependency] = []
    let linking: [LinkerSetting] = []
#endif

// Debian's library of Observation names a function that no library has.
let observing: [LinkerSetting] = [
    .unsafeFlags(["-Xlinker", "--allow-shlib-undefined"], .when(platforms: [.linux]))
]

// What a file does not say to be public stays inside: an import is internal unless it says otherwise.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
]

// Views say what they are made of with types that are public anyway.
let screens: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]

let drawn: [Target.Dependency] = ["QrocKit", "Qroc", "QrocStrings"] + standIn
let shared: [Target.Dependency] = ["QrocKit", "Qroc"] + phone

// In parts: as one expression it takes the compiler too long.
let products: [Product] = [
    .library(name: "Qroc", targets: ["Qroc"]),
    .library(name: "QrocKit", targets: ["QrocKit"]),
    .library(name: "QrocUI", targets: ["QrocUI"]),
    .library(name: "QrocPhone", targets: ["QrocPhone"]),
    .library(name: "QrocStrings", targets: ["QrocStrings"]),
]

let targets: [Target] = [
    core,
    // Generated. In language mode 5: in mode 6 it crashes the compiler 6.0.3.
    .target(
        name: "QrocCore",
        dependencies: ["QrocCoreFFI"],
        path: "build/QrocCore",
        swiftSettings: [.swiftLanguageMode(.v5)],
        linkerSettings: linking
    ),
    .target(name: "Qroc", dependencies: ["QrocCore"], swiftSettings: strict),
    // Words: `Generated` is made from Android's by `make ios-test`, see ../docs/screens.md.
    .target(
        name: "QrocStrings",
        resources: [.copy("Generated/Catalogue")],
        swiftSettings: strict
    ),
    // What the screens show and do, without drawing.
    .target(
        name: "QrocKit",
        dependencies: ["Qroc", "QrocStrings"],
        swiftSettings: strict,
        linkerSettings: observing
    ),
    // The screens. On Linux they are checked against a stand-in of SwiftUI, and drawn nowhere.
    .target(name: "QrocUI", dependencies: drawn, swiftSettings: screens),
    // What the app and its extensions share of a phone.
    .target(name: "QrocPhone", dependencies: shared, swiftSettings: strict),
    // What ../docs/build-a-screen.md shows.
    .target(
        name: "Guide",
        dependencies: ["Qroc"],
        path: "Guide",
        swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    .testTarget(
        name: "QrocTests",
        dependencies: ["Qroc", "Guide"],
        swiftSettings: strict,
        linkerSettings: observing
    ),
    .testTarget(
        name: "QrocKitTests",
        dependencies: ["QrocKit", "Qroc", "QrocStrings"],
        swiftSettings: strict,
        linkerSettings: observing
    ),
    .testTarget(
        name: "QrocUITests",
        dependencies: ["QrocUI"] + drawn,
        swiftSettings: [.swiftLanguageMode(.v6)],
        linkerSettings: observing
    ),
]

let package = Package(
    name: "Qroc",
    defaultLocalization: "en",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: products,
    targets: targets + standIns
)
