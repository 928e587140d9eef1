using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroGpt.Cli;

/// <summary>The version; with --verbose, also how this program was built, and what it uses of the machine.</summary>
sealed class About(Flag verbose) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        ArgumentNullException.ThrowIfNull(parseResult);
        var version = typeof(Gpt).Assembly.GetName().Version!.ToString(fieldCount: 3);
        if (!verbose.Of(parseResult))
        {
            Console.Out.WriteLine(version);
            return 0;
        }
        var unused = Processor.HasUnusedVectors ? "; the processor has AVX2, which this build leaves out" : "";
        Console.Out.WriteLine($"version     {version}");
        Console.Out.WriteLine($"build       {(RuntimeFeature.IsDynamicCodeSupported ? "for .NET" : "native")}, "
            + $"{RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription}");
        var vectors = Processor.VectorBits > 0 ? $"{Processor.VectorBits} bits" : "none";
        Console.Out.WriteLine($"vectors     {vectors}{unused}");
        Console.Out.WriteLine($"cores       {Environment.ProcessorCount}");
        return 0;
    }
}
