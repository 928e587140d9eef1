using System.Text;

namespace MicroGptFile.Tests;

/// <summary>The whole program on unusual data and settings: one sentence and exit code 1, or a run to the end.</summary>
public sealed class ProgramTests : IDisposable
{
    readonly TheFile file = new TheFile().With(("numSteps", "3"));

    public void Dispose() => file.Dispose();

    [Theory]
    [InlineData("anna", 1, 3)] // one document
    [InlineData("a", 1, 2)] // one character
    [InlineData("aaaaaaa\naaa", 2, 2)]
    [InlineData("the quick brown fox jumps over the lazy dog", 1, 28)] // longer than blockSize
    [InlineData("🦊🦊\n👩‍🚀", 2, 5)]
    public void SmallAndLongDocumentsTrain(string text, int documents, int vocabulary)
    {
        var run = file.Input(Encoding.UTF8.GetBytes(text)).Run();
        Assert.Equal(("", 0), (run.Stderr, run.ExitCode));
        Assert.StartsWith($"num docs: {documents}\nvocab size: {vocabulary}\nnum params: ", run.Text);
        Assert.Contains("step    3 /    3 | loss ", run.Text);
        Assert.DoesNotContain("NaN", run.Text);
        Assert.Equal(20, run.Text.Split('\n').Count(line => line.StartsWith("sample ", StringComparison.Ordinal)));
    }

    [Fact]
    public void AFolderInPlaceOfTheFile()
    {
        Directory.CreateDirectory(Path.Join(file.Folder, "input.txt"));
        file.Run().AssertFails("input.txt");
    }

    [Fact]
    public void AFileThatCannotBeRead()
    {
        // Permissions do not stop root; this special file does not let anyone read its first byte.
        Assert.SkipUnless(File.Exists("/proc/self/mem"), "this system has no /proc/self/mem");
        File.CreateSymbolicLink(Path.Join(file.Folder, "input.txt"), "/proc/self/mem");
        file.Run().AssertFails("input.txt");
    }

    [Fact]
    public void AnEmptyFile() => file.Input([]).Run().AssertFails("input.txt", "no documents");

    [Fact]
    public void AFileThatIsNotUtf8() => file.Input([0x61, 0x0A, 0xFF]).Run().AssertFails("input.txt", "index 2");

    [Theory]
    [InlineData("nHead", "3")]
    [InlineData("nHead", "0")]
    [InlineData("nEmbd", "0")]
    [InlineData("blockSize", "0")]
    [InlineData("temperature", "0")]
    public void SettingsThatCannotBe(string constant, string value) =>
        file.With((constant, value)).Input("anna"u8.ToArray()).Run().AssertFails(constant);

    [Fact]
    public void NoTrainingIsAModelThatKnowsNothing()
    {
        var run = file.With(("numSteps", "0")).Input("anna"u8.ToArray()).Run();
        Assert.Equal(("", 0), (run.Stderr, run.ExitCode));
        Assert.Contains("num params: 3424\n\n--- inference", run.Text);
    }
}
