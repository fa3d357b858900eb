package main

type inspectCmd struct{}
type lookupCmd struct{}
type benchCmd struct{}
