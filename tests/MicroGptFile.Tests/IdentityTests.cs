namespace MicroGptFile.Tests;

/// <summary>Against what CPython 3.13 computed with microgpt.py: the same bytes printed, the same bits inside.</summary>
public class IdentityTests
{
    [Fact]
    public void The_file_as_it_stands_prints_what_python_printed()
    {
        using var folder = new TheFile().Input(File.ReadAllBytes(Repository.ShippedNames));
        var run = Run.Start(folder.Folder, "dotnet", "run", Repository.TheFile);
        Assert.Equal("", run.Stderr);
        Assert.Equal(0, run.ExitCode);
        AssertSameBytes(Golden.Load("shipped-names-default").Stdout, run.Stdout);
    }

    [Fact]
    public void Shipped_names() => AssertIdentical("shipped-names-default", Repository.ShippedNames);

    [Fact]
    public void Makemore_names() => AssertIdentical("names-default", Repository.SharedData("makemore-names.txt"));

    [Fact]
    public void Two_layers() => AssertIdentical("names-2layer", Repository.SharedData("makemore-names.txt"));

    [Fact]
    public void Unicode() => AssertIdentical("unicode", Repository.SharedData("unicode.txt"));

    static void AssertIdentical(string name, string data)
    {
        var golden = Golden.Load(name);
        using var file = new TheFile().With(golden.Constants).WithFigures().Input(File.ReadAllBytes(data));
        var run = file.Run();
        Assert.Equal("", run.Stderr);
        AssertSameBytes(golden.Stdout, run.Stdout);
        CLibrary.SkipUnlessGlibcWithFma(); // elsewhere, the text only
        Assert.Equal(golden.Sha256("init_params_sha256"), Golden.Sha256(file.Figures("start")));
        var (expected, actual) = (golden.Losses, file.Figures("loss"));
        Assert.Equal(expected.Length, actual.Length);
        for (var step = 0; step < expected.Length; step++)
        {
            Assert.True(BitConverter.DoubleToInt64Bits(expected[step]) == BitConverter.DoubleToInt64Bits(actual[step]),
                $"{name}: the loss of step {step + 1} is {actual[step]:R}, Python's is {expected[step]:R}");
        }
        Assert.Equal(golden.Sha256("first_step_grads_sha256"), Golden.Sha256(file.Figures("gradients")));
        Assert.Equal(golden.Sha256("final_params_sha256"), Golden.Sha256(file.Figures("end")));
    }

    static void AssertSameBytes(byte[] expected, byte[] actual)
    {
        var same = expected.AsSpan().CommonPrefixLength(actual);
        Assert.True(same == expected.Length && same == actual.Length,
            $"stdout differs from Python's at byte {same} of {expected.Length}; it has {actual.Length} bytes");
    }
}
