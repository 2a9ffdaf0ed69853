// The AAR for phones; docs/mobile-builds.md has the steps before. The JAR for desktop and tests is built by Maven (pom.xml).
plugins {
    id("com.android.library") version "8.7.3"
    kotlin("android") version "2.2.21"
}

android {
    namespace = "eu.qroc.bridge"
    compileSdk = 35
    defaultConfig {
        minSdk = 26
        consumerProguardFiles("src/main/resources/META-INF/proguard/qroc-bridge.pro")
    }
    sourceSets["main"].kotlin.srcDir(layout.buildDirectory.dir("uniffi"))
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin {
    jvmToolchain(17)
}

dependencies {
    implementation("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.10.2")
    implementation("net.java.dev.jna:jna:5.19.1@aar")
}
