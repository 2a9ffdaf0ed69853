// Android's services behind the core's ports, as a library for the app. Not built here; Maven (pom.xml) builds and tests it on AOSP.
plugins {
    id("com.android.library") version "8.7.3"
    kotlin("android") version "2.2.21"
}

android {
    namespace = "eu.qroc.platform"
    compileSdk = 35
    defaultConfig { minSdk = 31 }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin { jvmToolchain(17) }

dependencies {
    api(project(":bridge"))
    implementation("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.10.2")
}
