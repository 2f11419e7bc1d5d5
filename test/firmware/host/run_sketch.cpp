// Runs the Arduino sketch once.
#include "espmint_identity.ino"
int main() { setup(); }
