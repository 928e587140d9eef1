using System.Text;

namespace MicroGptFile.Tests;

/// <summary>The whole program on unusual data and settings: one sentence and exit code 1, or a run to the end.</summary>
public sealed class ProgramTests : IDisposable
{
    /// <summary>Not dotnet run, which would write to the failing output as well.</summary>
    const string Built = "dotnet build -v q -o out $file && dotnet out/microgpt.dll ";

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
    public void A_folder_in_place_of_the_file()
    {
        Directory.CreateDirectory(Path.Join(file.Folder, "input.txt"));
        file.Run().AssertFails("input.txt");
    }

    [Fact]
    public void A_file_that_cannot_be_read()
    {
        // Permissions do not stop root; this special file does not let anyone read its first byte.
        Assert.SkipUnless(File.Exists("/proc/self/mem"), "this system has no /proc/self/mem");
        File.CreateSymbolicLink(Path.Join(file.Folder, "input.txt"), "/proc/self/mem");
        file.Run().AssertFails("input.txt");
    }

    [Fact]
    public void An_empty_file() => file.Input([]).Run().AssertFails("input.txt", "no documents");

    [Fact]
    public void A_file_that_is_not_utf_8() => file.Input([0x61, 0x0A, 0xFF]).Run().AssertFails("input.txt", "index 2");

    [Theory]
    [InlineData("nHead", "3")]
    [InlineData("nHead", "0")]
    [InlineData("nEmbd", "0")]
    [InlineData("blockSize", "0")]
    [InlineData("temperature", "0")]
    [InlineData("temperature", "double.NaN")]
    [InlineData("learningRate", "double.NaN")]
    [InlineData("learningRate", "double.PositiveInfinity")]
    public void Settings_that_cannot_be(string constant, string value) =>
        file.With((constant, value)).Input("anna"u8.ToArray()).Run().AssertFails(constant);

    [Fact]
    public void No_training_is_a_model_that_knows_nothing()
    {
        var run = file.With(("numSteps", "0")).Input("anna"u8.ToArray()).Run();
        Assert.Equal(("", 0), (run.Stderr, run.ExitCode));
        Assert.Contains("num params: 3424\n\n--- inference", run.Text);
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_run()
    {
        using var diverging = new TheFile().With(("learningRate", "10"));
        var run = diverging.Input(File.ReadAllBytes(Repository.ShippedNames)).Run();
        run.AssertFails("step ", "the loss is ");
        Assert.DoesNotContain("NaN", run.Text);
        Assert.DoesNotContain("inference", run.Text);
    }

    /// <summary>The loss before the only step is a number; the parameters after it are none.</summary>
    [Fact]
    public void Probabilities_that_are_no_numbers_end_the_sampling()
    {
        using var diverging = new TheFile().With(("numSteps", "1"), ("learningRate", "1.7e308"));
        diverging.Input("anna"u8.ToArray()).Run().AssertFails("probabilities");
    }

    [Fact]
    public void A_seed_may_be_long_and_its_sign_does_not_matter_as_in_python()
    {
        using var negative = new TheFile().With(("numSteps", "3"), ("seed", "-123456789012345"));
        var run = file.With(("seed", "123456789012345")).Input("anna\nbob\ncarl"u8.ToArray()).Run();
        Assert.Equal(("", 0), (run.Stderr, run.ExitCode));
        Assert.Equal(run.Text, negative.Input("anna\nbob\ncarl"u8.ToArray()).Run().Text);
    }

    [Theory]
    [InlineData("> /dev/full", "No space left")]
    [InlineData(">&-", "stdout is closed")]
    [InlineData("> /dev/full 2> /dev/full", null)]
    [InlineData("> /dev/full 2>&-", null)]
    [InlineData(">&- 2>&-", null)]
    public void Output_that_fails_ends_the_run_without_a_crash(string redirection, string? said)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        var run = file.Input("anna"u8.ToArray()).Shell(Built + redirection);
        if (said != null) run.AssertFails("can't print", said);
        else Assert.Equal(("", 1), (run.Stderr, run.ExitCode));
    }

    /// <summary>The note that there was no download is lost, the run is not.</summary>
    [Theory]
    [InlineData("2> /dev/full")]
    [InlineData("2>&-")]
    public void A_note_that_cannot_be_written_is_left_out(string redirection)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        const string url = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt";
        file.Replace(url, "http://127.0.0.1:1/names.txt");
        var data = Path.Join(Path.GetDirectoryName(file.Copy()), "data");
        Directory.CreateDirectory(data);
        File.WriteAllText(Path.Join(data, "names.txt"), "anna\n");
        var run = file.Shell(Built + redirection);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("sample 20: ", run.Text);
    }

    [Theory]
    [InlineData("en_US.ISO-8859-1")]
    [InlineData("C")]
    [InlineData("en_US.UTF-8")]
    public void Output_is_utf_8_in_every_locale(string locale)
    {
        var run = file.Input("東🦊é"u8.ToArray()).Shell($"LC_ALL={locale} dotnet run $file");
        Assert.Equal(("", 0), (run.Stderr, run.ExitCode));
        Assert.Contains("東", run.Text);
        Assert.DoesNotContain("?", run.Text);
        Assert.False(run.Stdout.AsSpan().StartsWith(Encoding.UTF8.Preamble), "a byte order mark");
    }

    /// <summary>What a repository around the file asks of its own projects does not change the file.</summary>
    [Theory]
    [InlineData("<CheckForOverflowUnderflow>true</CheckForOverflowUnderflow>")]
    [InlineData("<LangVersion>9</LangVersion><TargetFramework>net8.0</TargetFramework>"
        + "<ImplicitUsings>disable</ImplicitUsings><Nullable>disable</Nullable>")]
    [InlineData("<TreatWarningsAsErrors>true</TreatWarningsAsErrors><WarningsAsErrors>nullable;CS1591</WarningsAsErrors>"
        + "<AnalysisLevel>latest-all</AnalysisLevel><EnforceCodeStyleInBuild>true</EnforceCodeStyleInBuild>"
        + "<GenerateDocumentationFile>true</GenerateDocumentationFile><Optimize>false</Optimize>"
        + "<InvariantGlobalization>false</InvariantGlobalization>")]
    public void ItRunsTheSameInAnotherRepository(string properties)
    {
        file.Input("anna\nbob"u8.ToArray());
        var alone = file.Run();
        void Write(string name, string text) => File.WriteAllText(Path.Join(file.Folder, name), text);
        Write("Directory.Build.props", $"<Project><PropertyGroup>{properties}</PropertyGroup></Project>");
        Write("Directory.Packages.props", "<Project><PropertyGroup><ManagePackageVersionsCentrally>true"
            + "</ManagePackageVersionsCentrally></PropertyGroup></Project>");
        Write(".editorconfig", "root = true\n[*.cs]\ndotnet_analyzer_diagnostic.severity = error\n");
        var tools = Directory.CreateDirectory(Path.Join(file.Folder, "tools")).FullName;
        File.Copy(file.Copy(), Path.Join(tools, "microgpt.cs"));
        File.Copy(Path.Join(file.Folder, "input.txt"), Path.Join(tools, "input.txt"));
        var run = Run.Start(tools, "dotnet", "run", "microgpt.cs");
        Assert.Equal(("", 0), (run.Stderr, run.ExitCode));
        Assert.Equal(alone.Text, run.Text);
    }
}
