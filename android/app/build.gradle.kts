// The app for Android. Not built here: Maven (pom.xml) links manifest and resources, and checks and runs the sources without Google's
// Compose. docs/mobile-builds.md has the steps before this.
plugins {
    id("com.android.application") version "8.7.3"
    kotlin("android") version "2.2.21"
    kotlin("plugin.compose") version "2.2.21"
}

android {
    namespace = "eu.qroc.app"
    compileSdk = 35
    defaultConfig {
        applicationId = "eu.qroc.app"
        minSdk = 31
        targetSdk = 35
        versionCode = 1
        versionName = "0.1.0"
    }
    buildFeatures { compose = true }
    // What administrators set, generated from the policy's keys.
    sourceSets["main"].res.srcDir(rootDir.resolve("../docs/policy/android"))
    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
        }
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin { jvmToolchain(17) }

dependencies {
    implementation(project(":platform"))
    implementation(project(":ui"))
    implementation("androidx.activity:activity-compose:1.9.3")
}
