using System.Diagnostics;

namespace MicroGpt.Cli.Tests;

/// <summary>The four signals that ask a process to end, at every moment of a run.</summary>
public sealed class SignalTests : IDisposable
{
    const string Names = "anna\nhanna\nnana\nanan\nhannah\nahna\n";

    readonly Command microgpt = new();

    public SignalTests() => microgpt.Write("names.txt", Names);

    public void Dispose() => microgpt.Dispose();

    static string[] Long(string model = "a.safetensors") =>
        ["train", "names.txt", "--steps", "1000000", "--n-embd", "64", "--out", model];

    [Theory]
    [InlineData(Command.HangUp, 129)]
    [InlineData(Command.Interrupt, 130)]
    [InlineData(Command.Quit, 131)]
    [InlineData(Command.Terminate, 143)]
    public void A_signal_finishes_the_step_saves_and_says_how_to_go_on(int signal, int code)
    {
        var process = microgpt.Start([.. Long(), "--log", "a.jsonl"]);
        Command.WaitForStep(process);
        Command.Send(process, signal);
        var result = Command.Finish(process).AfterNote("passes each document");
        Assert.Equal(code, result.ExitCode);
        Assert.Equal("to continue: microgpt train names.txt --steps 1000000 --n-embd 64 --out a.safetensors "
            + "--log a.jsonl --resume\n", result.Error);
        var steps = Gpt.Load(microgpt.At("a.safetensors")).Provenance.Steps;
        Assert.InRange(steps, 1, 999_999);
        Assert.Equal(steps, File.ReadLines(microgpt.At("a.jsonl")).Count());
        Assert.Contains($"stopped after step {steps} of 1000000; saved to a.safetensors\n", result.Output);
        Assert.False(File.Exists(microgpt.At("a.safetensors.lock")));
    }

    [Fact]
    public void Signals_that_arrive_together_are_one()
    {
        // timeout, for instance, sends one to the command, and then to the command's group.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        var process = microgpt.Start(Long());
        Command.WaitForStep(process);
        var stopped = $"grep -q stopped /proc/{process.Id}/status";
        microgpt.Shell($"kill -STOP {process.Id}; until {stopped}; do sleep 0.01; done; "
            + $"kill -INT {process.Id}; kill -TERM {process.Id}; kill -CONT {process.Id}");
        var result = Command.Finish(process);
        Assert.Contains("saved to a.safetensors", result.Output);
        Assert.Contains("to continue: ", result.Error);
        Assert.True(result.ExitCode is 130 or 143, $"{result.ExitCode}"); // the system decides which is the first
    }

    [Theory]
    [InlineData(Command.HangUp, 129)]
    [InlineData(Command.Interrupt, 130)]
    [InlineData(Command.Quit, 131)]
    [InlineData(Command.Terminate, 143)]
    public void A_second_signal_leaves_at_once_and_the_last_save_still_loads(int signal, int code)
    {
        microgpt.Run("train", "names.txt", "--steps", "2", "--quiet", "--out", "a.safetensors").Good();
        var model = File.ReadAllBytes(microgpt.At("a.safetensors"));
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        // One step of this takes more than a minute.
        var documents = Enumerable.Range(0, 20).Select(i => new string((char)('a' + i), 600));
        microgpt.Write("long.txt", string.Join('\n', documents));
        var process = microgpt.Start("train", "long.txt", "--block-size", "512", "--n-embd", "128", "--n-layer", "2",
            "--batch-size", "500", "--out", "a.safetensors");
        Assert.StartsWith("num docs", process.StandardOutput.ReadLine());
        LetItWork(process, seconds: 2); // well into the first step
        microgpt.SendUntilHeard(process, signal);
        Assert.False(process.WaitForExit(300)); // what comes later did not come together with the first
        Command.Send(process, signal);
        Assert.Equal(code, Command.Finish(process).ExitCode);
        Assert.Equal(model, File.ReadAllBytes(microgpt.At("a.safetensors"))); // so it did not end the step
    }

    [Theory]
    [InlineData(Command.HangUp, 129)]
    [InlineData(Command.Interrupt, 130)]
    [InlineData(Command.Quit, 131)]
    [InlineData(Command.Terminate, 143)]
    public void While_the_data_is_read_it_ends_at_once(int signal, int code)
    {
        var process = microgpt.Start("train", "-");
        // More than a pipe holds: it has read of this when all is written.
        process.StandardInput.Write(string.Concat(Enumerable.Repeat("anna\n", 40_000)));
        process.StandardInput.Flush();
        Command.Send(process, signal);
        var result = Command.Finish(process);
        Assert.Equal((code, "", ""), (result.ExitCode, result.Output, result.Error));
        Assert.Equal(["names.txt"], Directory.GetFiles(microgpt.Folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(Command.HangUp, 129)]
    [InlineData(Command.Interrupt, 130)]
    [InlineData(Command.Quit, 131)]
    [InlineData(Command.Terminate, 143)]
    public void While_the_model_is_validated_it_saves_and_the_log_is_made_up_for(int signal, int code)
    {
        WriteLong(1000);
        string[] train = ["train", "long.txt", "--n-embd", "192", "--block-size", "128", "--steps", "2", "--val", "0.9",
            "--val-every", "1", "--samples", "1"];
        string[] cut = [.. train, "--out", "cut.safetensors", "--log", "cut.jsonl"];
        var process = microgpt.Start(cut);
        Assert.StartsWith("num docs", process.StandardOutput.ReadLine());
        LetItWork(process, seconds: 0.5); // a validation takes two hundred times as long as the step before
        Command.Send(process, signal);
        var stopped = Command.Finish(process);
        Assert.Equal(code, stopped.ExitCode);
        Assert.Contains("stopped after step 1 of 2; saved to cut.safetensors\n", stopped.Output);
        Assert.Single(File.ReadLines(microgpt.At("cut.jsonl")));
        Assert.DoesNotContain("val", File.ReadAllText(microgpt.At("cut.jsonl")));
        if (signal == Command.HangUp) // to go on takes as long for each of them
        {
            var whole = microgpt.Run([.. train, "--out", "whole.safetensors", "--log", "whole.jsonl"]).Good();
            var resumed = microgpt.Run([.. cut, "--resume"]).Good();
            Assert.Equal(whole.Lines[^1], resumed.Lines[^1]);
            Assert.Equal(File.ReadAllText(microgpt.At("whole.jsonl")), File.ReadAllText(microgpt.At("cut.jsonl")));
            foreach (var kind in new[] { "", ".best" })
            {
                Assert.Equal(File.ReadAllBytes(microgpt.At($"whole{kind}.safetensors")),
                    File.ReadAllBytes(microgpt.At($"cut{kind}.safetensors")));
            }
        }
    }

    [Theory]
    [InlineData(Command.HangUp, 129)]
    [InlineData(Command.Interrupt, 130)]
    [InlineData(Command.Quit, 131)]
    [InlineData(Command.Terminate, 143)]
    public void While_all_held_out_documents_are_validated_the_first_signal_ends_it(int signal, int code)
    {
        WriteLong(10_000);
        var process = microgpt.Start("train", "long.txt", "--n-embd", "64", "--block-size", "128", "--steps", "2",
            "--val", "0.99", "--val-every", "1000");
        Command.WaitForStep(process);
        Command.WaitForStep(process);
        LetItWork(process, seconds: 0.5);
        Command.Send(process, signal);
        var result = Command.Finish(process);
        Assert.Equal(code, result.ExitCode);
        Assert.EndsWith("stopped after the last step, 2; saved to model.safetensors\n", result.Output);
        Assert.Equal("", result.Error);
        Assert.Equal(2, Gpt.Load(microgpt.At("model.safetensors")).Provenance.Steps);
    }

    [Theory]
    [InlineData(Command.HangUp, 129)]
    [InlineData(Command.Interrupt, 130)]
    [InlineData(Command.Quit, 131)]
    [InlineData(Command.Terminate, 143)]
    public void While_samples_are_drawn_the_first_signal_ends_it(int signal, int code)
    {
        var process = microgpt.Start("train", "names.txt", "--steps", "2", "--samples", "100000000");
        while (process.StandardOutput.ReadLine()?.StartsWith("sample ", StringComparison.Ordinal) == false)
        {
        }
        Command.Send(process, signal);
        var result = Command.Finish(process);
        Assert.Equal((code, ""), (result.ExitCode, result.Error));
        Assert.EndsWith("saved to model.safetensors\n", result.Output);
    }

    [Fact]
    public void What_was_ignored_when_it_began_stays_ignored()
    {
        // As nohup starts a command.
        var process = microgpt.Start(
            "bash", ["-c", $"trap '' HUP; exec '{Command.Executable}' {string.Join(' ', Long())}"]);
        Command.WaitForStep(process);
        Command.Send(process, Command.HangUp);
        Thread.Sleep(300);
        Assert.False(process.HasExited);
        Command.Send(process, Command.Terminate);
        Assert.Equal(143, Command.Finish(process).ExitCode);
    }

    // Until it has computed for that long, however long that takes.
    static void LetItWork(Process process, double seconds)
    {
        for (var start = process.TotalProcessorTime;
            process.TotalProcessorTime < start + TimeSpan.FromSeconds(seconds);
            process.Refresh())
        {
            Thread.Sleep(10);
        }
    }

    // Documents that fill a block of 128, no two alike: a repeated one would get a note.
    void WriteLong(int count) => microgpt.Write("long.txt", string.Join('\n', Enumerable.Range(0, count).Select(i =>
        $"{i:d4}" + string.Concat(Enumerable.Range(0, 123).Select(j =>
            (char)('a' + (i * 7919 + j * j * 104729L) % 26))))));
}
