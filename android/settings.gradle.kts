// Not built here: there is no Android Gradle plugin where this was developed. docs/mobile-builds.md has the steps.
pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
    }
}

rootProject.name = "qroc"
include(":bridge", ":ui", ":platform", ":app")
