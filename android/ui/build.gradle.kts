// The screens for Android, with Google's Compose instead of the desktop's. Not built here; the JAR is built by Maven (pom.xml).
plugins {
    id("com.android.library") version "8.7.3"
    kotlin("android") version "2.2.21"
    kotlin("plugin.compose") version "2.2.21"
}

android {
    namespace = "eu.qroc.ui"
    compileSdk = 35
    defaultConfig { minSdk = 31 }
    buildFeatures { compose = true }
    sourceSets["main"].kotlin.srcDir(layout.buildDirectory.dir("generated/strings"))
    // The words of the policy's keys: one list for all programs.
    sourceSets["main"].resources.srcDir(layout.buildDirectory.dir("generated/policy"))
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin { jvmToolchain(17) }

val strings by tasks.registering(Exec::class) {
    val resources = projectDir.resolve("src/main/res")
    val out = layout.buildDirectory.dir("generated/strings")
    inputs.dir(resources)
    outputs.dir(out)
    commandLine("java", projectDir.resolve("tools/GenerateStrings.java"), resources, out.get().asFile)
}

val policy by tasks.registering(Copy::class) {
    from(rootDir.resolve("../core/src/policy/text"))
    into(layout.buildDirectory.dir("generated/policy/eu/qroc/policy"))
}

tasks.named("preBuild") { dependsOn(strings, policy) }

dependencies {
    api(project(":bridge"))
    // Of the same time as Compose Multiplatform 1.7.3, which the screens are written and tested with.
    api(platform("androidx.compose:compose-bom:2024.12.01"))
    api("androidx.compose.material3:material3")
    api("androidx.compose.foundation:foundation")
}
