package disktest

// Answers is the function that runs on beside a test with Faults, for those who
// look for what does.
const Answers = "geodrop/sync/disktest.(*Faults).answer"
