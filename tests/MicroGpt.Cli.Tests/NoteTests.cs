namespace MicroGpt.Cli.Tests;

/// <summary>What a person is told, quiet or not, and what a terminal must not obey in it.</summary>
public sealed class NoteTests : IDisposable
{
    const string Escape = "\e]0;title\a\e[31m", Override = "\u202e\u2066\u200e\u061c\ufeff\u2028\u0085";

    readonly Command microgpt = new();

    public NoteTests() => microgpt.Write("names.txt", "anna\nhanna\nnana\nanan\nhannah\nahna\n");

    public void Dispose() => microgpt.Dispose();

    [Theory]
    [InlineData("--samples", "0")]
    [InlineData("--samples", "0", "--quiet")]
    public void Piped_data_that_nobody_reads_gets_a_word(params string[] options)
    {
        string[] train = ["train", "--steps", "3", .. options];
        microgpt.RunWithInput("anna\nbob\n", train).Noted("FILE - reads stdin");
        Assert.Contains("FILE - reads stdin",
            microgpt.Shell($"'{Command.Executable}' {string.Join(' ', train)} < names.txt").Error);
        microgpt.Run(train).Good(); // an empty stdin is none
        microgpt.Shell($"'{Command.Executable}' {string.Join(' ', train)} < /dev/null").Good();
        microgpt.Shell($"'{Command.Executable}' {string.Join(' ', train)} <&-").Good();
        microgpt.RunWithInput("anna\nanna\nanna\n", ["train", "-", .. train[1..], "--out", "b.safetensors"]).Good();
    }

    [Fact]
    public void Overfitting_is_told_when_quiet()
    {
        var noise = Enumerable.Range(0, 24).Select(i => new string([.. Enumerable.Range(0, 8)
            .Select(j => (char)('a' + (i * 7919 + j * j * 104729 + i * j * 1299709) % 26))]));
        microgpt.Write("noise.txt", string.Join('\n', noise));
        Assert.Contains("note: the validation loss is rising", microgpt.Run("train", "noise.txt", "--val", "0.5",
            "--steps", "800", "--n-embd", "32", "--samples", "0", "--quiet").Error);
    }

    [Theory]
    [InlineData(Escape)]
    [InlineData(Override)]
    public void Names_are_shown_and_not_obeyed(string codes)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no such names there");
        var (file, model) = ($"n{codes}.txt", $"m{codes}.safetensors");
        microgpt.Write(file, "anna\n\nhanna\nanna\nbob\n");
        Harmless(microgpt.Run("train", file, "--steps", "30", "--out", model).Noted("1 empty line"));
        Harmless(microgpt.Run("train", file, "--steps", "20", "--out", model).Noted("has the model of another run"));
        Harmless(microgpt.Run("train", file + "x"));
        Harmless(microgpt.Run("train", file, codes));
        Harmless(microgpt.Run("info", file));
        Harmless(microgpt.Run("sample", model, "--prompt", codes));
        Harmless(microgpt.Run("score", model, codes));
        Harmless(microgpt.Run($"train{codes}"));
        Harmless(microgpt.Run("train", "--steps", codes));
        Harmless(microgpt.Run("train", $"--{codes}"));
    }

    [Theory]
    [InlineData(Escape)]
    [InlineData(Override)]
    public void Names_are_not_obeyed_on_a_terminal(string codes)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "there is no /usr/bin/script here");
        microgpt.Write($"x{codes}.txt", $"anna\nhanna\nan{codes.Replace("\u2028", "").Replace("\u0085", "")}na\n");
        microgpt.Write("run.sh", $"'{Command.Executable}' train x*.txt --steps 3000 --out 'm{codes}.safetensors'");
        var seen = microgpt.Shell("script -qec 'bash run.sh' /dev/null", "xterm-256color").Output;
        Assert.Contains("saved to", seen);
        Assert.DoesNotContain("\e[31m", seen);
        Assert.All(Override, code => Assert.DoesNotContain(code, seen));
        Assert.DoesNotContain("\e]0;", seen);
        Assert.DoesNotContain('\a', seen);
    }

    static void Harmless(Result result)
    {
        Assert.NotEqual("", result.Error);
        Assert.All(result.Error.Where(c => c != '\n'), c => Assert.False(char.IsControl(c), $"U+{(int)c:X4}"));
        Assert.All(Override, code => Assert.DoesNotContain(code, result.Error));
    }
}
