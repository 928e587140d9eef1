using System.Text;

namespace MicroGpt.Cli.Tests;

/// <summary>Outputs that can't be written, or not as they are.</summary>
public sealed class OutputTests : IDisposable
{
    const string Names = "anna\nhanna\nnana\nanan\nhannah\nahna\n";

    readonly Command microgpt = new();

    public OutputTests() => microgpt.Write("names.txt", Names);

    public void Dispose() => microgpt.Dispose();

    [Fact]
    public void A_closed_pipe_ends_quietly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs bash");
        microgpt.Run("train", "names.txt", "--steps", "30", "--quiet", "--out", "b.safetensors").Good();
        var exe = Command.Executable;
        var sample = microgpt.Shell($"'{exe}' sample b.safetensors -n 100000000 | head -1; echo ${{PIPESTATUS[0]}}");
        Assert.Equal((2, "0", ""), (sample.Lines.Length, sample.Lines[^1], sample.Error));
        // A run that had not ended says so, and can go on.
        const string endless = "train names.txt --steps 1000000 --n-embd 64 --out a.safetensors";
        var train = microgpt.Shell($"'{exe}' {endless} | head -5; echo ${{PIPESTATUS[0]}}");
        Assert.Equal(("141", ""), (train.Lines[^1], train.AfterNote("passes each document").Error));
        Assert.InRange(Steps("a.safetensors"), 1, 999_999);
        // One that had, has nothing to say.
        var samples = microgpt.Shell(
            $"'{exe}' train names.txt --steps 30 --samples 100000000 --quiet | head -1; echo ${{PIPESTATUS[0]}}");
        Assert.Equal(("0", ""), (samples.Lines[^1], samples.Error));
    }

    [Theory]
    [InlineData("> /dev/full", "No space left on device")]
    [InlineData(">&-", "stdout is closed")]
    public void A_run_whose_output_is_lost_is_saved_all_the_same(string redirection, string why)
    {
        RequireFull();
        foreach (var options in new[] { "", "--quiet", "--samples 0" })
        {
            var result = microgpt.Shell(
                $"'{Command.Executable}' train names.txt --steps 400 {options} {redirection}");
            result.AfterNote("passes each document").Fails(1, $"the output can't be written: {why}");
            Assert.Equal(400, Steps("model.safetensors"));
            File.Delete(microgpt.At("model.safetensors"));
        }
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("sample a.safetensors")]
    [InlineData("sample a.safetensors --json")]
    [InlineData("score a.safetensors anna hanna")]
    [InlineData("eval a.safetensors names.txt")]
    [InlineData("info a.safetensors")]
    public void A_lost_output_is_no_success(string arguments)
    {
        RequireFull();
        microgpt.Run("train", "names.txt", "--steps", "3", "--quiet", "--out", "a.safetensors").Good();
        microgpt.Shell($"'{Command.Executable}' {arguments} > /dev/full")
            .Fails(1, "microgpt: the output can't be written: No space left on device\n");
        microgpt.Shell($"'{Command.Executable}' {arguments} >&-")
            .Fails(1, "microgpt: the output can't be written: stdout is closed\n");
    }

    [Theory]
    [InlineData("--stepz", 2)]
    [InlineData("train --stepz", 2)]
    [InlineData("train nothing.txt", 1)]
    [InlineData("info names.txt", 1)]
    [InlineData("score a.safetensors anna xyz", 1)]
    [InlineData("train rare.txt --steps 30 --val 0.5", 0)] // it has notes
    [InlineData("train names.txt --steps 30 > /dev/full", 1)]
    public void A_complaint_that_can_not_be_written_changes_no_exit_code(string arguments, int code)
    {
        RequireFull();
        microgpt.Run("train", "names.txt", "--steps", "3", "--quiet", "--out", "a.safetensors").Good();
        microgpt.Write("rare.txt", "anna\n\nbob\ncarl\n");
        foreach (var redirection in new[] { "2>/dev/full", "2>&-" })
        {
            Assert.Equal(code, microgpt.Shell($"'{Command.Executable}' {arguments} {redirection}").ExitCode);
        }
    }

    [Fact]
    public void A_full_log_or_input_that_is_none_gets_a_sentence()
    {
        RequireFull();
        microgpt.Run("train", "names.txt", "--log", "/dev/full", "--quiet")
            .AfterNote("passes each document").Fails(1, "--log /dev/full: can't be written: No space left");
        Assert.True(File.Exists(microgpt.At("model.safetensors"))); // the model is saved first
        microgpt.Shell($"'{Command.Executable}' train - < .").Fails(1, "microgpt: stdin: Is a directory");
        microgpt.Shell($"'{Command.Executable}' train - <&-").Fails(1, "microgpt: stdin: is closed");
    }

    [Fact]
    public void A_run_goes_on_when_its_terminal_is_gone()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "there is no /usr/bin/script here");
        // script is the terminal; killed, it leaves a run that ignores SIGHUP, and whose writes fail with EIO.
        const string train = "train names.txt --steps 10000 --save-every 1e9 --log log";
        microgpt.Write("run.sh", $"trap '' HUP; '{Command.Executable}' {train}; echo $? > code");
        using var log = new LogPipe(microgpt.At("log"));
        var script = microgpt.Start("script", ["-qec", "bash run.sh", "/dev/null"]);
        log.Pass();
        Thread.Sleep(100);
        log.Pass(); // so it draws a first frame, and stands still
        var seen = "";
        while (!seen.Contains("steps/s"))
        {
            seen += (char)script.StandardOutput.Read();
        }
        script.Kill();
        script.WaitForExit();
        Assert.False(File.Exists(microgpt.At("code")));
        log.PassAll();
        for (var i = 0; i < 3000 && new FileInfo(microgpt.At("code")) is not { Exists: true, Length: > 0 }; i++)
        {
            Thread.Sleep(100);
        }
        Assert.Equal("0\n", File.ReadAllText(microgpt.At("code")));
        Assert.Equal(10_000, Steps("model.safetensors"));
    }

    [Theory]
    [InlineData("LC_ALL=de_DE.ISO-8859-1")]
    [InlineData("LANG=C")]
    [InlineData("LC_ALL=en_US.ISO-8859-15 LANG=de_DE.ISO-8859-1")]
    public void Both_outputs_are_UTF_8_whatever_the_locale(string locale)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs bash");
        microgpt.Write("żó.txt", "żółw\nżółw\nżółw\nw—w\n");
        microgpt.Shell($"{locale} '{Command.Executable}' train żó.txt --steps 40 --out ż.safetensors > out 2> err");
        Assert.Contains("saved to ż.safetensors\n", Read("out"));
        Assert.Matches("sample 20: [żółw—]+\n", Read("out"));
        Assert.Equal("note: 1 character too rare to learn, with one or two occurrences: —\n", Read("err"));
        microgpt.Shell($"{locale} '{Command.Executable}' sample ż.safetensors --prompt ö > out 2> err");
        Assert.Equal("", Read("out"));
        Assert.Contains("'ö' (U+00F6)", Read("err"));

        // Strict: what is not UTF-8, or has a byte order mark, is an error.
        string Read(string name)
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(microgpt.At(name)));
            Assert.DoesNotContain('\ufeff', text);
            return text;
        }
    }

    int Steps(string model) => Gpt.Load(microgpt.At(model)).Provenance.Steps;

    static void RequireFull() => Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
}
