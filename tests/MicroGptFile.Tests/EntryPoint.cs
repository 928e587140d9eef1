using Xunit.Runner.InProc.SystemConsole;

namespace MicroGptFile.Tests;

/// <summary>Where the test program starts; the Main of microgpt.cs, compiled in as well, is only called by tests.</summary>
static class EntryPoint
{
    static Task<int> Main(string[] args) => ConsoleRunner.Run(args);
}
