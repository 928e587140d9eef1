using Xunit.Runner.InProc.SystemConsole;

namespace MicroGptFile.Tests;

/// <summary>Where the test program starts. The Main of microgpt.cs is compiled in as well; only tests call it.</summary>
static class EntryPoint
{
    static Task<int> Main(string[] args) => ConsoleRunner.Run(args);
}
