import Testing

/// One after the other: what is alive in the library is counted for the whole process.
@Suite(.serialized) struct Stories {}
