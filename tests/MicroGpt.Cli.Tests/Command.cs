using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace MicroGpt.Cli.Tests;

/// <summary>The real command, as a process of its own, in a folder of its own that goes with the test.</summary>
public sealed partial class Command : IDisposable
{
    public const int HangUp = 1, Interrupt = 2, Quit = 3, Kill = 9, Terminate = 15;

    /// <summary>How long a process may take until it counts as one that hangs, in ms: machines may be busy.</summary>
    public const int Patience = 300_000;

    /// <summary>The command that was built with the tests, or another that MICROGPT_COMMAND names.</summary>
    public static string Executable { get; } = Environment.GetEnvironmentVariable("MICROGPT_COMMAND") ?? Path.Join(
        AppContext.BaseDirectory, "MicroGpt.Cli" + (OperatingSystem.IsWindows() ? ".exe" : ""));

    public string Folder { get; } = Directory.CreateTempSubdirectory("microgpt").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public string At(string name) => Path.Join(Folder, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    public Process Start(params string[] arguments) => Start(Executable, arguments);

    public Process Start(string program, string[] arguments, string? term = null)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        info.Environment["TERM"] = term ?? "xterm-256color";
        info.Environment.Remove("NO_COLOR");
        return Process.Start(info)!;
    }

    public Result Run(params string[] arguments) => Finish(Start(arguments));

    public Result RunWithInput(string input, params string[] arguments) => Finish(Start(arguments), input);

    public Result Shell(string script, string? term = null) => Finish(Start("bash", ["-c", script], term));

    /// <summary>Waits for the end of the process.</summary>
    public static Result Finish(Process process, string input = "")
    {
        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            try
            {
                process.StandardInput.Write(input);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // it ended without reading
            }
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail("still running");
            }
            return new(process.ExitCode, output.Result, error.Result);
        }
    }

    public static void Send(Process process, int signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals");
        Assert.Equal(0, SendSignal(process.Id, signal));
    }

    /// <summary>Sends a signal, and waits until the process has heard of it. For Linux.</summary>
    public void SendUntilHeard(Process process, int signal)
    {
        var before = Heard(process.Id);
        Send(process, signal);
        while (Heard(process.Id) == before)
        {
            Thread.Sleep(10);
        }
    }

    /// <summary>
    /// How often the thread of a process that hears of signals, for .NET, went back to sleep: after each. For Linux.
    /// </summary>
    public string Heard(int process) => Shell($"cd /proc/{process}/task; "
        + "grep ^voluntary $(grep -l SigHandler */comm | sed s/comm/status/)").Output;

    /// <summary>Reads what the process prints until it has taken a step.</summary>
    public static void WaitForStep(Process process)
    {
        while (process.StandardOutput.ReadLine() is string line)
        {
            if (line.StartsWith("step ", StringComparison.Ordinal))
            {
                return;
            }
        }
        Assert.Fail("it ended before its first step: " + process.StandardError.ReadToEnd());
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}

/// <summary>What a process left behind.</summary>
public sealed record Result(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>It went well, and had nothing to complain about.</summary>
    public Result Good()
    {
        Assert.Equal((0, ""), (ExitCode, Error));
        return this;
    }

    /// <summary>It went well, and stderr has notes only, one of which has these words in it.</summary>
    public Result Noted(string words)
    {
        Assert.Equal(0, ExitCode);
        Assert.All(Error.TrimEnd('\n').Split('\n'), line => Assert.StartsWith("note: ", line));
        Assert.Contains(words, Error);
        return this;
    }

    /// <summary>The same without its first line, a note that has these words in it.</summary>
    public Result AfterNote(string words)
    {
        var end = Error.IndexOf('\n', StringComparison.Ordinal) + 1;
        Assert.StartsWith("note: ", Error);
        Assert.Contains(words, Error[..end]);
        return this with { Error = Error[end..] };
    }

    /// <summary>It failed with this code and one sentence that has these words in it.</summary>
    public Result Fails(int code, params string[] words)
    {
        Assert.True(code == ExitCode, $"exit code {ExitCode}, not {code}: {Error}{Output}");
        Assert.StartsWith("microgpt: ", Error);
        Assert.Equal(1, Error.Count(c => c == '\n'));
        Assert.DoesNotContain("a bug in microgpt", Error);
        Assert.All(words, word => Assert.Contains(word, Error));
        return this;
    }
}
